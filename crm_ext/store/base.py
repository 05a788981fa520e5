"""The database handle and what every model shares."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, ForeignKey, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crm_ext.errors import CrmExtError
from crm_ext.store.types import Json, UtcDateTime

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012 - as SQLAlchemy reads it


class Database(SQLAlchemy):
    """Tunes its own engines only: beside us, a host application may have some that are not ours to touch."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        try:
            engine = super()._make_engine(bind_key, options, app)
        except ImportError as error:
            raise CrmExtError(
                f"The driver for this database is not installed: {error}.", fix="Run: pip install 'crm-ext[postgresql]'"
            ) from error
        event.listen(engine, "connect", _tune_sqlite)
        return engine


db = Database(
    metadata=Base.metadata,
    engine_options={"json_serializer": lambda thing: orjson.dumps(thing).decode(), "json_deserializer": orjson.loads},
)

Key = Annotated[int, mapped_column(primary_key=True)]
ExternalId = Annotated[str, mapped_column(String(255))]


def now() -> datetime:
    return datetime.now(UTC)


class OfConnection:
    """What belongs to one connection and goes with it."""

    connection_id: Mapped[int] = mapped_column(
        ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside one writer, foreign keys kept, and patience instead of 'database is locked'."""
    if not isinstance(connection, sqlite3.Connection):
        return
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
