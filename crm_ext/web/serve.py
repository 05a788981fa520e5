"""The WSGI server of an installation without one of its own."""

from __future__ import annotations

from flask import current_app
from waitress import serve

THREADS = 8


def serve_forever(host: str, port: int) -> None:
    """Serve the active application until interrupted."""
    application = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    serve(application, host=host, port=port, threads=THREADS, ident="crm-ext", clear_untrusted_proxy_headers=True)
