"""A bad day: a share of a CRM's answers fails in every way that a line and a proxy know."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from crm_ext.connector_api.testing.faults import HTML, broken, half

WAYS = ("502", "503", "429", "reset", "truncated", "html")


class Storm:
    """`share` of the answers fail, half of them after the work was done; `met` counts them by their way."""

    def __init__(self, share: float = 0.0, seed: int = 1) -> None:
        self.share = share
        self.random = random.Random(seed)
        self.met: Counter[str] = Counter()

    def over(self, request: Request, answer: Callable[[], Response]) -> Response:
        """The answer, or what the storm leaves of it."""
        if self.random.random() >= self.share:
            return answer()
        way = self.random.choice(WAYS)
        self.met[way] += 1
        if way == "429":
            return Response("", 429, {"Retry-After": "0"})
        done = way == "truncated" or self.random.random() < 0.5
        response = answer() if done else Response()
        if way == "reset":
            broken(request.environ)
        if way == "truncated":
            return Response(half(response.get_data()), response.status_code)
        return Response(HTML, int(way) if way.isdigit() else 200, mimetype="text/html")
