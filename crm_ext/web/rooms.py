"""The rooms, one blueprint per noun."""

from __future__ import annotations

from flask import Flask

from crm_ext.web.connections import connections
from crm_ext.web.contacts import contacts
from crm_ext.web.health import health
from crm_ext.web.home import home
from crm_ext.web.runs import runs
from crm_ext.web.session import session

ROOMS = (health, session, home, contacts, connections, runs)


def init_app(app: Flask) -> None:
    for room in ROOMS:
        app.register_blueprint(room)
