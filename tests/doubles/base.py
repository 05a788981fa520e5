"""What every double shares: real HTTP, latency, faults, a count of writes per contact, and a journal that survives.

A double answers `answer(request)`. Beside its own addresses it has
`GET /_double/stats` (what was asked and written; `?state=0` leaves the present state out),
`POST /_double/latency` {"before_ms": 0, "after_ms": 0} (writes are applied between the two) and
`POST /_double/fault` {"name": "reset", "times": 3, …} (a fault of the test kit; `DELETE` takes all away).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from crm_ext.connector_api.testing import FAULTS, Faults, server

ADMIN = "/_double/"


class Double:
    """A CRM served over HTTP. Subclasses answer requests, apply what is written, and tell their state."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.before = self.after = 0.0
        self.requests = 0
        self.calls: Counter[str] = Counter()
        self.writes: dict[str, Counter[str]] = {}
        self.journal: Callable[[Any], None] = lambda _: None
        self.faults = Faults(self._served)
        self._faulty = ExitStack()

    def answer(self, request: Request) -> Response:
        """Answer one request of the CRM's own."""
        raise NotImplementedError

    def state(self) -> Mapping[str, Any]:
        """What stands in the CRM of ours now, by contact."""
        raise NotImplementedError

    def apply(self, entry: Any) -> Any:
        """Do one write, as the journal keeps it: a write that arrived before a crash is there after it."""
        raise NotImplementedError

    def wrote(self, contact: str, what: str) -> None:
        self.writes.setdefault(contact, Counter())[what] += 1

    def write(self, entry: Any) -> Any:
        """Apply a write between its two latencies, and note it in the journal."""
        time.sleep(self.before)
        with self.lock:
            done = self.apply(entry)
            self.journal(entry)
        time.sleep(self.after)
        return done

    def keep(self, path: Path) -> None:
        """Keep a journal in a file, and do again what stands in it."""
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self.apply(json.loads(line))
        journal = path.open("a", encoding="utf-8")

        def note(entry: Any) -> None:
            journal.write(json.dumps(entry) + "\n")
            journal.flush()

        self.journal = note

    def stats(self, *, state: bool = True) -> dict[str, Any]:
        with self.lock:
            told: dict[str, Any] = {"requests": self.requests, "calls": self.calls, "writes": self.writes}
            return {**told, "state": self.state()} if state else told

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(ADMIN):
            request = Request(environ)
            told = getattr(self, f"_{request.path.removeprefix(ADMIN)}")(request)
            return Response(json.dumps(told), content_type="application/json")(environ, start_response)
        return self.faults(environ, start_response)

    def _served(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.requests += 1
        return self.answer(Request(environ))(environ, start_response)

    # Administration.

    def _stats(self, request: Request) -> dict[str, Any]:
        return self.stats(state=request.args.get("state") != "0")

    def _latency(self, request: Request) -> dict[str, float]:
        given = request.get_json()
        self.before, self.after = given.get("before_ms", 0) / 1000, given.get("after_ms", 0) / 1000
        return {"before_ms": self.before * 1000, "after_ms": self.after * 1000}

    def _fault(self, request: Request) -> dict[str, Any]:
        if request.method == "DELETE":
            self._faulty.close()
            return {}
        given = request.get_json()
        self._faulty.enter_context(self.faults.inject(FAULTS[given.pop("name")].but(**given)))
        return {"applied": True}


def run(make: Callable[[int], Double], arguments: list[str] | None = None) -> None:
    """Serve a double from a process of its own, until it is ended; prints READY and the address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--contacts", type=int, default=100)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="before a write is applied")
    parser.add_argument("--latency-after-ms", type=float, default=0.0, help="between a write and its answer")
    parser.add_argument("--state", type=Path, help="journal of writes, done again at the next start")
    given = parser.parse_args(arguments)
    double = make(given.contacts)
    double.before, double.after = given.latency_ms / 1000, given.latency_after_ms / 1000
    if given.state:
        double.keep(given.state)
    serving = server(double, given.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"READY http://127.0.0.1:{serving.port}\n")
    sys.stdout.flush()
    serving.serve_forever()
