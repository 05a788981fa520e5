"""The rooms, one blueprint per noun."""

from __future__ import annotations

from flask import Flask

from crm_ext.web.book import book
from crm_ext.web.card import card
from crm_ext.web.connections import connections
from crm_ext.web.contacts import contacts
from crm_ext.web.health import health
from crm_ext.web.home import home
from crm_ext.web.hooks import hooks
from crm_ext.web.people import people
from crm_ext.web.playbook import playbook
from crm_ext.web.runs import runs
from crm_ext.web.session import session

ROOMS = (health, session, home, contacts, book, playbook, people, connections, runs, card, hooks)
UNASKED = (card, hooks)
"""Rooms whose requests prove by themselves who sends them, instead of the session."""


def init_app(app: Flask) -> None:
    for room in ROOMS:
        app.register_blueprint(room)
    for room in UNASKED:
        app.extensions["csrf"].exempt(room)
