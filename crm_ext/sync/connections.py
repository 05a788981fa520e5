"""Connections: added, changed, checked, prepared, paused, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from functools import partial
from typing import Any

from sqlalchemy import select

from crm_ext.connector_api import Connector, Context, FieldMap, Finding, Level, Pace, Setting, Stream, validated
from crm_ext.connector_api.settings import masked
from crm_ext.domain.tags import TagSpec
from crm_ext.errors import Conflict, CrmExtError, NotFound
from crm_ext.store import audit, db, now, vault
from crm_ext.store.models import Connection
from crm_ext.store.queries import paging
from crm_ext.sync import limits
from crm_ext.sync.environment import config
from crm_ext.sync.frames import origins
from crm_ext.sync.logs import hide
from crm_ext.sync.pace import SharedPace
from crm_ext.sync.parts import shared
from crm_ext.sync.registry import connector
from crm_ext.sync.rotation import Rotation
from crm_ext.sync.words import tag_specs

MAPPING = 'Use {"fields": {"contacts": {…}}, "values": {…}, "custom": {…}}.'
COMMON = (
    Setting(
        name="key_accounts",
        label="Key accounts",
        kind="choice",
        default="marked",
        choices=(
            ("marked", "Contacts that the CRM marks"),
            ("with_company", "Contacts with a company"),
            ("all", "All contacts"),
        ),
        help="Which contacts are treated as people of a key account.",
    ),
    Setting(
        name="card_frames",
        label="Pages that may show the card",
        default="",
        help="Addresses such as https://crm.example.com, separated by spaces; empty for the CRM's own pages.",
    ),
    *limits.SETTINGS,
)
"""Settings that every connection has, whatever its CRM."""


def settings_of(kind: type[Connector]) -> tuple[Setting, ...]:
    """Every setting of a connection to this kind of CRM."""
    return (*kind.settings, *COMMON)


def kind_described(kind: type[Connector]) -> dict[str, Any]:
    """A kind of CRM as the command line and the API show it."""
    able = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(kind.capabilities).items()
    }
    settings = [each.described() for each in settings_of(kind)]
    return {"slug": kind.slug, "label": kind.label, "settings": settings, "capabilities": able}


def all_connections() -> Sequence[Connection]:
    return db.session.scalars(select(Connection).order_by(Connection.name)).all()


def walk(*, after: str, limit: int) -> paging.Slice[Connection]:
    """The connections by number, a slice at a time. Raises WrongPlace."""
    return paging.by_number(select(Connection), Connection.id, after=after, limit=limit, newest=False)


def get(name: str) -> Connection:
    """Raises NotFound that names the connections there are."""
    found = db.session.scalar(select(Connection).where(Connection.name == name))
    if found is None:
        names = ", ".join(each.name for each in all_connections()) or "none yet"
        raise NotFound(f"There is no connection {name!r}.", fix=f"There are: {names}.")
    return found


def by_id(number: int) -> Connection:
    """Raises NotFound."""
    found = db.session.get(Connection, number)
    if found is None:
        raise NotFound(f"There is no connection with the number {number}.")
    return found


def by_key(key: str) -> Connection:
    """The connection that a CRM calls by this key. Raises NotFound."""
    found = db.session.scalar(select(Connection).where(Connection.key == key)) if key else None
    if found is None:
        raise NotFound("There is no connection with this key.", fix="Look at the connection's page for its address.")
    return found


def state(connection: Connection) -> str:
    """How it stands, in a word or two."""
    if connection.paused:
        return "paused"
    return "writing paused" if connection.push_paused else "active"


def described(connection: Connection) -> dict[str, Any]:
    """The connection as the command line and the API show it."""
    return {
        "name": connection.name,
        "connector": connection.connector,
        "state": state(connection),
        "because": connection.push_paused_because,
        "prepared_at": connection.prepared_at.isoformat() if connection.prepared_at else None,
        "created_at": connection.created_at.isoformat(),
        "settings": shown(connection),
    }


def add(name: str, slug: str, given: Mapping[str, Any], *, actor: str) -> Connection:
    """Store a connection with validated settings. Raises WrongSettings, NotFound, or Conflict for a name in use."""
    if not name or len(name) > 100 or "/" in name:
        raise CrmExtError(f"{name!r} is no name for a connection.", fix="Use up to 100 characters without '/'.")
    if db.session.scalar(select(Connection.id).where(Connection.name == name)):
        raise Conflict(f"There is a connection {name!r} already.", fix="Use: crm-ext connection set")
    kind = connector(slug)
    values = checked(kind, given)
    made = Connection(name=name, connector=kind.slug, mapping={})
    _store(made, kind, values)
    db.session.add(made)
    audit.record(actor, "connection.add", name, sorted(values))
    db.session.commit()
    return made


def update(connection: Connection, given: Mapping[str, Any], *, actor: str) -> Connection:
    """Change some settings; the others stay as they are."""
    kind = connector(connection.connector)
    before = shown(connection)
    kept = {key: value for key, value in _kept(connection, kind, given).items() if value is not None}
    values = checked(kind, {**kept, **given})
    _store(connection, kind, values)
    names = sorted(given)
    old, new = ({name: values.get(name) for name in names} for values in (before, shown(connection)))
    audit.record(actor, "connection.set", connection.name, names, before=old, after=new)
    db.session.commit()
    return connection


def checked(kind: type[Connector], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with their defaults. Raises WrongSettings, and CrmExtError for a page that is no address."""
    values = validated(settings_of(kind), given)
    origins(values["card_frames"])
    return values


def _kept(connection: Connection, kind: type[Connector], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a change builds on: secrets whose key is lost are let go once one of them is entered anew."""
    try:
        return settings(connection)
    except vault.KeyProblem:
        if not any(each.secret and each.name in given for each in kind.settings):
            raise
        return connection.settings


def settings(connection: Connection) -> dict[str, Any]:
    """All settings, secrets in the clear: for the connector only, and hidden in the logs from then on."""
    secrets = vault.opened(config(), connection.secrets)
    hide(secrets.values())
    return {**connection.settings, **secrets}


def shown(connection: Connection) -> dict[str, Any]:
    """The settings as people may see them; a secret whose key is lost is None."""
    known = settings_of(connector(connection.connector))
    try:
        return masked(known, settings(connection))
    except vault.KeyProblem:
        return {**connection.settings, **{each.name: None for each in known if each.secret}}


@contextmanager
def opened(connection: Connection, *, later: bool = False) -> Iterator[Connector]:
    """The connector at work for this connection. With `later`, what the CRM rotates is kept when the block ends."""
    kind = connector(connection.connector)
    rotation = Rotation(connection.id, settings, lambda stored, values: _store(stored, kind, values), later=later)
    mapping = FieldMap(**connection.mapping) if connection.mapping else FieldMap()
    pace = partial(SharedPace, db.engine, connection.id) if shared() else Pace
    context = Context(mapping=mapping, save=rotation.save, load=rotation.load, lock=rotation.lock, pace=pace)
    try:
        with closing(kind(settings(connection), context)) as crm:
            yield crm
    finally:
        rotation.flush()


def check(connection: Connection) -> list[Finding]:
    with opened(connection) as crm:
        return crm.check()


def failed(findings: Sequence[Finding]) -> bool:
    return any(each.level is Level.FAIL for each in findings)


def prepare(connection: Connection) -> list[Finding]:
    """Make our fields or tags in the CRM; remembered, so that a run does it once."""
    with opened(connection) as crm:
        findings = crm.prepare(specs())
    remember_prepared(connection, findings)
    return findings


def remember_prepared(connection: Connection, findings: Sequence[Finding]) -> None:
    if not failed(findings):
        connection.prepared_at = now()
        db.session.commit()


def specs() -> tuple[TagSpec, ...]:
    return tag_specs(config().lang)


def pause(connection: Connection, *, actor: str) -> None:
    connection.paused = True
    audit.record(actor, "connection.pause", connection.name)
    db.session.commit()


def resume(connection: Connection, *, actor: str) -> None:
    """Let runs and pushing go on."""
    connection.paused = connection.push_paused = False
    connection.push_paused_because = ""
    audit.record(actor, "connection.resume", connection.name)
    db.session.commit()


def set_mapping(connection: Connection, text: str, *, actor: str) -> None:
    """Take a mapping as JSON: `{"fields": {stream: {ours: theirs}}, "values": {…}, "custom": {…}}`."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise CrmExtError(f"This is not a mapping: {error}.", fix=MAPPING) from error
    connection.mapping = checked_mapping(given)
    audit.record(actor, "connection.mapping", connection.name, sorted(given))
    db.session.commit()


def checked_mapping(given: Any) -> dict[str, Any]:
    """Raises CrmExtError that says what is wrong with a mapping."""
    if problem := _wrong_mapping(given):
        raise CrmExtError(f"This is not a mapping: {problem}.", fix=MAPPING)
    return dict(given)


def _wrong_mapping(given: Any) -> str:
    """The first thing that is wrong with a mapping; empty where nothing is."""
    if not isinstance(given, dict):
        return "it is no JSON object"
    parts, streams = {each.name for each in fields(FieldMap)}, set(Stream)
    for name, part in given.items():
        if name not in parts:
            return f"{name!r} is unknown"
        if not isinstance(part, dict) or not all(isinstance(inner, dict) for inner in part.values()):
            return f"{name!r} holds no object for each kind of record"
        if unknown := part.keys() - streams:
            return f"{name}: {min(unknown)!r} is none of {', '.join(sorted(streams))}"
    return ""


def delete(connection: Connection, *, actor: str) -> None:
    """Forget the connection and all that was pulled through it; the CRM keeps its tags."""
    audit.record(actor, "connection.remove", connection.name)
    db.session.delete(connection)
    db.session.commit()


def _store(connection: Connection, kind: type[Connector], values: Mapping[str, Any]) -> None:
    secret = {each.name for each in kind.settings if each.secret}
    hide(values[name] for name in secret & values.keys())
    connection.settings = {name: value for name, value in values.items() if name not in secret}
    connection.secrets = vault.sealed(config(), {name: values[name] for name in secret & values.keys()})
