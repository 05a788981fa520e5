"""What goes wrong on the way to a CRM, as data, and the WSGI layer that makes it go wrong over real HTTP."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HTML = b"<!doctype html><html><body><h1>Down for maintenance</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail, and for which requests.

    `match` is searched in "METHOD /path?query", a line break and the body. Of the requests that match, the first
    `skip` pass, then every `every`-th fails, `times` of them in all (None: no end). A failing request is answered
    with `status`, `headers` and `body`, or, where `status` is None, by the CRM, and the answer's body is then
    changed by `rewrite`; `replay` gives the first answer to every later request with the same matched text; `reset`
    breaks the connection. With `handled` the CRM does what is asked of it and only the answer is lost.
    `delay` and `delay_after` are seconds before and after the CRM handles the request.
    """

    match: str = r"^\w+ [^?\n]*"
    skip: int = 0
    every: int = 1
    times: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    rewrite: Callable[[bytes], bytes] | None = None
    replay: bool = False
    reset: bool = False
    handled: bool = False
    delay: float = 0.0
    delay_after: float = 0.0

    def but(self, **changes: object) -> Fault:
        """The same fault for other requests, or another number of them."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names and kinds are the caller's


def half(body: bytes) -> bytes:
    """The first half of an answer: JSON that ends in the middle."""
    return body[: max(1, len(body) // 2)]


FAULTS: Mapping[str, Fault] = {
    "lost_token": Fault(status=401, body=b'{"message": "token expired"}'),
    "rate_limited": Fault(status=429, headers={"Retry-After": "1"}, times=1),
    "server_error": Fault(status=502, body=HTML, times=2),
    "down": Fault(status=503, body=HTML),
    "truncated": Fault(rewrite=half, times=1),
    "html": Fault(status=200, headers={"Content-Type": "text/html"}, body=HTML, times=1),
    "reset": Fault(reset=True, times=1),
    "lost_answer": Fault(reset=True, handled=True, times=1),
    "cursor_round": Fault(replay=True),
}
"""The faults that every CRM behind HTTP may show; a case overrides those whose shape differs."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came: when (monotonic seconds), its line, and whether a fault was applied."""

    at: float
    line: str
    failed: bool


@dataclass
class Injected:
    """A fault at work, with the requests that it has matched and hit."""

    fault: Fault
    seen: int = 0
    hits: int = 0
    answers: dict[str, Response] = field(default_factory=dict)

    def takes(self, text: str) -> bool:
        if not re.search(self.fault.match, text):
            return False
        turn = self.seen - self.fault.skip
        self.seen += 1
        if turn < 0 or turn % self.fault.every or self.hits == self.fault.times:
            return False
        self.hits += 1
        return True


class Faults:
    """A WSGI layer in front of a CRM: keeps a log of what is asked, and fails as it is told."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.log: list[Exchange] = []
        self._injected: list[Injected] = []
        self._lock = threading.Lock()

    @contextmanager
    def inject(self, fault: Fault) -> Iterator[Injected]:
        """Apply a fault as long as the block runs."""
        injected = self.add(fault)
        try:
            yield injected
        finally:
            self._injected.remove(injected)

    def add(self, fault: Fault) -> Injected:
        """Apply a fault until `clear`."""
        injected = Injected(fault)
        self._injected.append(injected)
        return injected

    def clear(self) -> None:
        """Take every fault away, and empty the log."""
        self._injected.clear()
        self.log.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        line = f"{request.method} {request.full_path.rstrip('?')}"
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        text = f"{line}\n{body.decode(errors='replace')}"
        with self._lock:
            injected = next((each for each in self._injected if each.takes(text)), None)
            self.log.append(Exchange(time.monotonic(), line, injected is not None))
        if injected is None:
            return self.app(environ, start_response)
        return self._failed(injected, request, text)(environ, start_response)

    def _failed(self, injected: Injected, request: Request, text: str) -> Response:
        fault = injected.fault
        time.sleep(fault.delay)
        response = None
        if fault.handled or (fault.status is None and not fault.reset):
            response = self._answer(injected, request, text)
        time.sleep(fault.delay_after)
        if fault.reset:
            broken(request.environ)
        if fault.status is not None:
            return Response(fault.body, fault.status, dict(fault.headers))
        return response or Response()

    def _answer(self, injected: Injected, request: Request, text: str) -> Response:
        fault = injected.fault
        found = re.search(fault.match, text)
        key = found.group(0) if found else ""
        if fault.replay and key in injected.answers:
            return injected.answers[key]
        response = Response.from_app(self.app, request.environ)
        if fault.rewrite:
            response.set_data(fault.rewrite(response.get_data()))
        return injected.answers.setdefault(key, response) if fault.replay else response


def broken(environ: WSGIEnvironment) -> None:
    """Break the connection, so that the client sees a reset instead of an answer."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
