"""A blueprint of the API: each operation says in one line who may ask, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import flask_smorest
from marshmallow import Schema

from crm_ext.store.accounts import Role
from crm_ext.store.tokens import TokenScope
from crm_ext.web.access import allow, needs

View = TypeVar("View", bound=Callable[..., Any])
Shape = type[Schema] | Schema


class Noun(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest has no types
    """Operations on one kind of thing, under `/api/v1/<name>`."""

    def __init__(self, name: str, prefix: str | None = None, *, scope: TokenScope | None = None) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix=f"/api/v1/{name if prefix is None else prefix}")
        self.noun = name
        self.scope = scope

    def on(
        self,
        method: str,
        rule: str,
        roles: frozenset[Role],
        *,
        query: Shape | None = None,
        body: Shape | None = None,
        out: Shape | None = None,
        status: int = 200,
        scope: TokenScope | None = None,
    ) -> Callable[[View], View]:
        """Register a view. What is asked for comes in as `query` and `body`, checked."""
        needed = scope or self.scope

        def register(view: View) -> View:
            made = needs(needed)(allow(roles)(view)) if needed else allow(roles)(view)
            made = self.response(status, out)(made)
            for shape, location, name in ((query, "query", "query"), (body, "json", "body")):
                if shape is not None:
                    made = self.arguments(shape, location=location, arg_name=name)(made)
            self.add_url_rule(rule, view.__name__, made, methods=[method], tags=[self.noun])
            return view

        return register
