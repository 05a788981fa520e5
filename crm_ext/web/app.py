"""The application, put together."""

from __future__ import annotations

from functools import partial

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate

from crm_ext.config import Config
from crm_ext.jobs import celery
from crm_ext.paths import migrations_folder, template_folder
from crm_ext.store import db, models
from crm_ext.sync.environment import WAKE
from crm_ext.web import access, api, errors, headers, language, limits, rooms, urls, words
from crm_ext.web.options import NAME, OwnSession, options

migrate = Migrate()
bootstrap = Bootstrap5()


def create_app(config: Config | None = None) -> Flask:
    """The stand-alone application; `config` comes from the environment where it is not given."""
    config = config or Config.from_environment()
    app = Flask("crm_ext.web", template_folder=str(template_folder()))
    app.extensions[NAME] = config
    app.config.update(options(config))
    app.session_interface = OwnSession()
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(migrations_folder()), render_as_batch=True)
    for each in (bootstrap, urls, language, limits, access, errors, headers, words, rooms, api):
        each.init_app(app)
    if config.broker_url:
        app.extensions[WAKE] = partial(celery.wake, celery.made(app.app_context, config.broker_url))
    return app


__all__ = ["create_app", "models"]
