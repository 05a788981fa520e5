"""What every answer says to the browser: nothing from elsewhere, nothing inline, no frame, no sniffing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Flask, Response, g, request

DIRECTIVES: Mapping[str, str] = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
POLICY = "; ".join(f"{name} {value}" for name, value in DIRECTIVES.items())
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def framed_by(origins: Iterable[str]) -> Mapping[str, str]:
    """The headers of a page that others may show in a frame: by these origins, and nobody else."""
    ancestors = {"frame-ancestors": " ".join(("'self'", *origins))}
    policy = "; ".join(f"{name} {value}" for name, value in {**DIRECTIVES, **ancestors}.items())
    own = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return {**{name: value for name, value in HEADERS.items() if name != "X-Frame-Options"}, **own}


def dressed(response: Response) -> Response:
    headers = framed_by(g.frames) if "frames" in g else HEADERS
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def init_app(app: Flask) -> None:
    app.after_request(dressed)
