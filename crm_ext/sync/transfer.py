"""How an installation is set up, as a document without secrets, for another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from crm_ext.connector_api import validated
from crm_ext.errors import CrmExtError
from crm_ext.store import accounts, audit, db, vault
from crm_ext.store.models import Connection
from crm_ext.sync import connections
from crm_ext.sync.connections import settings_of
from crm_ext.sync.environment import config
from crm_ext.sync.registry import connector

FORMAT = 1
NEXT = "Enter its secrets: crm-ext connection set"


class WrongDocument(CrmExtError):
    """What is to be imported is no export of ours."""


def export() -> dict[str, Any]:
    """Connections with their mappings, and people with their roles; no secret, no password, nobody's data."""
    return {
        "crm_ext": FORMAT,
        "connections": [
            {"name": each.name, "connector": each.connector, "settings": dict(each.settings), "mapping": each.mapping}
            for each in connections.all_connections()
        ],
        "users": [{"email": each.email, "name": each.name, "role": each.role} for each in accounts.everybody()],
    }


def take(document: Any, *, actor: str) -> list[str]:
    """Make what is missing here and change what differs, all of it or nothing; returns a line for each.

    Connections that are new here lack their secrets. Raises WrongDocument, or what is wrong with a connection.
    """
    if not isinstance(document, Mapping) or document.get("crm_ext") != FORMAT:
        raise WrongDocument("This is no export of crm-ext.", fix="Give a file that `crm-ext config export` made.")
    try:
        told = [_connection(each, actor) for each in document.get("connections", ())]
        told += [_user(each, actor) for each in document.get("users", ())]
    except (KeyError, TypeError, AttributeError) as error:
        db.session.rollback()
        raise WrongDocument(f"The export lacks {error}.", fix="Export it once more.") from error
    except CrmExtError:
        db.session.rollback()
        raise
    db.session.commit()
    return told


def _connection(given: Mapping[str, Any], actor: str) -> str:
    kind = connector(given["connector"])
    secret = {each.name for each in kind.settings if each.secret}
    values = validated(settings_of(kind), given["settings"], without=secret)
    found = db.session.scalar(select(Connection).where(Connection.name == given["name"]))
    if found is not None and found.connector != kind.slug:
        raise WrongDocument(f"{found.name!r} is a connection to {found.connector} here.", fix="Rename one of them.")
    made = found or Connection(name=given["name"], connector=kind.slug, secrets=vault.sealed(config(), {}))
    made.settings = {name: value for name, value in values.items() if name not in secret}
    made.mapping = connections.checked_mapping(given["mapping"])
    db.session.add(made)
    audit.record(actor, "connection.import", made.name, sorted(made.settings))
    if found is not None:
        return f"Changed the connection {made.name}."
    return f"Made the connection {made.name}." + (f" {NEXT} {made.name} --set …" if secret else "")


def _user(given: Mapping[str, Any], actor: str) -> str:
    if any(each.email == given["email"].lower() for each in accounts.everybody()):
        return f"{given['email']} is here already."
    password = accounts.generated_password()
    accounts.add(given["email"], password, role=given["role"], name=given["name"], actor=actor, commit=False)
    return f"Added {given['email']} as {given['role']}. Set a password: crm-ext user password {given['email']}"
