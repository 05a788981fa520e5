"""Real HTTP for tests: a WSGI application served by a thread, and one that passes everything on to another server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOP_BY_HOP = {"connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Handler(WSGIRequestHandler):
    """Keeps connections open, as a CRM's front end does, and writes no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's
        """Tests read the CRM's own account instead."""


def server(app: WSGIApplication, port: int = 0) -> BaseWSGIServer:
    """A threaded server on 127.0.0.1; with port 0 on a free one (`.port` tells)."""
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)


@contextmanager
def served(app: WSGIApplication) -> Iterator[str]:
    """Serve `app` from a thread on a free port; yields its address."""
    running = server(app)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def forward(upstream: str) -> WSGIApplication:
    """An application that passes every request on to a running server, so that faults can stand in front of it."""
    local = threading.local()

    @Request.application
    def app(request: Request) -> Response:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        answer = local.session.request(
            request.method,
            upstream.rstrip("/") + request.full_path.rstrip("?"),
            data=request.get_data(),
            headers={name: value for name, value in request.headers if name.lower() != "host"},
            allow_redirects=False,
        )
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
        return Response(answer.content, answer.status_code, headers)

    return app
