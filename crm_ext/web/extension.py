"""The whole service inside somebody's Flask application."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from crm_ext.config import Config
from crm_ext.errors import CrmExtError
from crm_ext.web.app import create_app

NAME = "crm_ext"


class WrongMount(CrmExtError):
    """The service cannot be mounted like this."""


class CrmExt:
    """Mounts the service under `url_prefix` as an application of its own, so that the host's stays untouched.

    It has its own database, templates, sessions and sign-in; `config` comes from the environment where it is not
    given. It starts no worker: run `crm-ext worker` beside the host application. `extension.app` is the mounted
    application.
    """

    def __init__(self, app: Flask | None = None, *, url_prefix: str = "/crm-ext", config: Config | None = None) -> None:
        """Raises WrongMount for a prefix that does not begin with a slash, or ends with one."""
        if not url_prefix.startswith("/") or url_prefix.endswith("/"):
            raise WrongMount(f"{url_prefix!r} is no prefix to mount at.", fix="Write it as /crm-ext.")
        self.url_prefix = url_prefix
        self.config = config
        self.app: Flask | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Raises WrongMount where the application has one mounted already."""
        if NAME in app.extensions:
            raise WrongMount("crm-ext is mounted in this application already.", fix="Mount it once.")
        self.app = create_app(self.config)
        app.extensions[NAME] = self
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {self.url_prefix: self.app.wsgi_app})  # type: ignore[method-assign]
