"""A made-up CRM of the smallest kind: the one that the page on writing a connector connects."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

TOKEN = "s3cret-token"


class ShelfServer:
    """The CRM: contacts with a revision, and tags by contact."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.revision = 0
        self.tags: dict[int, dict[str, str]] = {}
        self.known: set[str] = set()
        self.refused: set[int] = set()
        self.writes = 0
        self.twice = False

    def put(self, **row: Any) -> None:
        self.revision += 1
        self.rows[row["id"]] = {**self.rows.get(row["id"], {}), **row, "revision": self.revision}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Response("{}", 401)
        return Response(json.dumps(getattr(self, request.path.strip("/"))(request)))

    def me(self, _: Request) -> Any:
        return {"name": "Service"}

    def contacts(self, request: Request) -> Any:
        after, limit = int(request.args["after"]), int(request.args["limit"])
        rows = sorted(
            (each for each in self.rows.values() if each["revision"] > after), key=lambda row: row["revision"]
        )
        page = [{**each, "tags": self.tags.get(each["id"], {})} for each in rows[:limit]]
        if self.twice and page:
            page.append(page[0])
        return {"rows": page, "more": len(rows) > limit}

    def names(self, request: Request) -> Any:
        if request.method == "POST" and (new := set(request.json) - self.known):
            self.writes += 1
            self.known |= new
        return sorted(self.known)

    def write(self, request: Request) -> Any:
        said = []
        for row in request.json:
            if row["id"] not in self.rows or self.rows[row["id"]].get("gone"):
                said.append("no such contact")
            elif row["id"] in self.refused:
                said.append("contact is locked")
            else:
                self.writes += 1
                self.tags.setdefault(row["id"], {}).update(row["values"])
                said.append("")
        return said

    def read(self, request: Request) -> Any:
        here = [each for each in request.json if each in self.rows and not self.rows[each].get("gone")]
        return {each: self.tags.get(each, {}) for each in here}
