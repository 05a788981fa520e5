"""How Alembic reaches our database and tables."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from crm_ext.store import db
from crm_ext.store.types import Json, UtcDateTime


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own column types with their module, and PostgreSQL's variant of JSON as the type that holds it."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        autogen_context.imports.add("from crm_ext.store.types import Json, UtcDateTime")
        return "UtcDateTime()"
    if type(item) is type(Json):
        autogen_context.imports.add("from crm_ext.store.types import Json, UtcDateTime")
        return "Json"
    return False


with db.engine.connect() as connection:
    arguments = dict(current_app.extensions["migrate"].configure_args)
    context.configure(connection=connection, target_metadata=db.metadata, render_item=render_item, **arguments)
    with context.begin_transaction():
        context.run_migrations()
