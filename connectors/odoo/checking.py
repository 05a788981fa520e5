"""What `check` looks at, one finding each, in Odoo's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from connectors.odoo.errors import Absent, Forbidden
from connectors.odoo.ours import CATEGORY, FIELDS, GROUP, PARTNER, Ours
from connectors.odoo.rights import may
from connectors.odoo.server import Server, Unreadable
from connectors.odoo.sources import EVERY, Source
from crm_ext.connector_api import ConnectorError, Finding, Level, SkipRecord

OLDEST = 14
"""The oldest version that Odoo's own pages on this API still describe."""
LAST_RPC = 19
"""After this version JSON-RPC is to go."""
GROUPS: Mapping[str, str] = {
    "crm.lead": "Sales / User: All Documents",
    "sale.order": "Sales / User: All Documents",
    "helpdesk.ticket": "Helpdesk / User",
    "project.task": "Project / User",
    "res.partner": "Contact Creation (Extra Rights), or any group of Sales",
}
"""Groups of a standard database that give a right."""
LOOKED_AT, BEYOND = 2000, 200
"""How many of the newest numbers are searched for hidden records, and how far beyond the last that we see."""
COMPANIES = "A user also sees the records of its own companies only."
Look = Callable[[], Finding]


def findings(server: Server, ours: Ours, save: Callable[[Mapping[str, Any]], None]) -> Iterator[Finding]:
    """Server, database and sign-in, then every model that is read and every right that is needed."""
    for name, look in (("server", partial(reached, server)), ("signed in", partial(signed_in, server, save))):
        finding = tried(name, look)
        yield finding
        if finding.level is Level.FAIL:
            return
    absent: set[str] = set()
    for source in EVERY.values():
        name = f"read {source.prefix.rstrip(':') or source.stream} ({source.model})"
        yield tried(name, partial(readable, server, source, absent))
    save({"absent": ",".join(sorted(absent))})
    yield tried(f"write {PARTNER}", partial(writable, server))
    yield tried("make fields", partial(makes_fields, server, ours))
    yield tried(f"make tags ({CATEGORY})", partial(makes_tags, server, ours))
    yield tried("prepared", partial(prepared, ours))


def tried(name: str, look: Look) -> Finding:
    try:
        found = look()
    except ConnectorError as error:
        return Finding(name, Level.FAIL, f"{error.message} {error.detail}".strip(), error.fix or "Try again later.")
    return Finding(name, found.level, found.detail, found.fix)


def reached(server: Server) -> Finding:
    server.detect()
    told = f"Odoo {server.version}, called by {server.transport.name}"
    if server.major < OLDEST:
        return Finding("", Level.WARN, told, f"This was made for {OLDEST} and later; an older server may differ.")
    if server.major > LAST_RPC and server.transport.name != "JSON-2":
        return Finding("", Level.WARN, told, "JSON-RPC is going; see the page of this connector.")
    return Finding("", Level.PASS, told)


def signed_in(server: Server, save: Callable[[Mapping[str, Any]], None]) -> Finding:
    number = server.transport.user()
    user = server.read("res.users", [("id", "=", number)], ("name", "login"))[0]
    save({"version": server.version, "uid": number})
    told = f"{user['name']} (user {number}) in the database {server.config['database']}"
    if user["login"] != server.config["login"]:
        fix = f"Set `login` to {user['login']}, or give a key of the user whose login stands there."
        return Finding("", Level.WARN, f"{told}; the key is not of {server.config['login']}", fix)
    return Finding("", Level.PASS, told)


def readable(server: Server, source: Source, absent: set[str]) -> Finding:
    """How many rows we see, and whether there are some that we do not; models that are not there go into `absent`."""
    group = GROUPS.get(source.model, "")
    fix = f"Give the user {group}." if group else ""
    try:
        count = server.count(source.model, source.domain, archived=not source.hides)
        words = hidden(server, source.model) if group.endswith("All Documents") else ""
    except Absent as error:
        if not source.optional:
            raise
        absent.add(source.model)
        return Finding("", Level.PASS, f"not installed. {error.detail}".strip())
    except ConnectorError as error:
        level = Level.WARN if source.optional else Level.FAIL
        fix = fix if isinstance(error, Unreadable) else error.fix
        return Finding("", level, f"{error.message} {error.detail}".strip(), fix or "Try again later.")
    if words:
        return Finding("", Level.WARN, f"{count} records, but not all of them: {words}", f"{fix} {COMPANIES}")
    return Finding("", Level.PASS, f"{count} records")


def hidden(server: Server, model: str) -> str:
    """What Odoo says of a record that a rule hides from us, nothing if there is none among the newest.

    A rule takes records out of lists without a word, and only whoever asks for one by its number is refused; numbers
    of deleted records are left out of an answer, so that those between the visible ones can be asked for.
    """
    seen = server.ids(model, [], LOOKED_AT, archived=True, order="id desc")
    newest = max(seen, default=LOOKED_AT - BEYOND) + BEYOND
    unseen = sorted(set(range(max(1, newest - LOOKED_AT), newest + 1)) - set(seen))
    try:
        server.call(model, "read", unseen, fields=["create_date"])
    except Forbidden as error:
        return error.detail
    except SkipRecord:
        return ""
    return ""


def writable(server: Server) -> Finding:
    allowed = may(server, PARTNER, "write")
    if allowed is None:
        return Finding("", Level.WARN, "Odoo does not say", "The first writing tells.")
    if allowed:
        return Finding("", Level.PASS, "allowed")
    return Finding("", Level.FAIL, "The user may not write contacts.", f"Give the user {GROUPS[PARTNER]}.")


def makes_fields(server: Server, ours: Ours) -> Finding:
    """Needed once, by `prepare`; a user without that right may fill fields that are there."""
    if may(server, "ir.model.fields", "create"):
        return Finding("", Level.PASS, "allowed")
    if len(ours.fields) == len(FIELDS):
        return Finding("", Level.PASS, "not allowed, and not needed: our fields are there")
    fix = "Prepare once with an administrator's key (Administration: Settings); without it, tags are used."
    return Finding("", Level.WARN, "The user may not make fields.", fix)


def makes_tags(server: Server, ours: Ours) -> Finding:
    if ours.fields or may(server, CATEGORY, "create") is not False:
        return Finding("", Level.PASS, "not needed: fields are used" if ours.fields else "allowed")
    return Finding("", Level.WARN, "The user may not make tags.", f"Give the user {GROUPS[PARTNER]}.")


def prepared(ours: Ours) -> Finding:
    ours.forget()
    if ours.fields:
        return Finding("", Level.PASS, f"{len(ours.fields)} of {len(FIELDS)} fields are there")
    if ours.made:
        return Finding("", Level.PASS, f"tags are there, under {GROUP}")
    return Finding("", Level.WARN, "Neither fields nor tags are there yet.", "Run `crm-ext connection prepare`.")
