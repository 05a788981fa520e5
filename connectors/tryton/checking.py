"""What `check` looks at, one finding each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from connectors.tryton import tags
from connectors.tryton.rpc import Rpc, UnknownModel
from crm_ext.connector_api import ConnectorError, Finding, Level

READ = ("party.party", "party.category", "ir.note", "res.user", "sale.opportunity")
WRITTEN = {"party.party": ("write",), "party.category": ("create",), "ir.note": ("create", "delete")}
GROUPS = {"party.category": "Party Administration", "sale.opportunity": "Sales"}
"""Groups of a standard database that hold a right which users do not have by themselves."""

TRIED = (7, 0)
Look = Callable[[Rpc], Finding]


def findings(rpc: Rpc) -> Iterator[Finding]:
    """Server and sign-in, then every model that is read and every right that is needed."""
    for name, look in (("server", server), ("signed in", signed_in)):
        finding = tried(rpc, name, look)
        yield finding
        if finding.level is Level.FAIL:
            return
    for model in READ:
        yield tried(rpc, f"read {model}", partial(readable, model=model))
    yield tried(rpc, "company", company)
    for model in WRITTEN:
        yield tried(rpc, f"write {model}", partial(writable, model=model))
    yield tried(rpc, "categories", prepared)


def tried(rpc: Rpc, name: str, look: Look) -> Finding:
    try:
        found = look(rpc)
    except ConnectorError as error:
        return Finding(name, Level.FAIL, f"{error.message} {error.detail}".strip(), error.fix or "Try again later.")
    return Finding(name, found.level, found.detail, found.fix)


def server(rpc: Rpc) -> Finding:
    version = rpc.version()
    if tuple(int(each) for each in version.split(".")[:2]) < TRIED:
        return Finding("", Level.WARN, f"Tryton {version}", "This was tried with 8.2; an older server may differ.")
    return Finding("", Level.PASS, f"Tryton {version}")


def signed_in(rpc: Rpc) -> Finding:
    rpc.ready()
    user = rpc.model("res.user.read", [rpc.user_id], ["name", "login"])[0]
    return Finding("", Level.PASS, f"{user['name'] or user['login']} (user {rpc.user_id})")


def readable(rpc: Rpc, model: str) -> Finding:
    try:
        count = rpc.model(f"{model}.search_count", [])
    except UnknownModel:
        if model != "sale.opportunity":
            raise
        fix = "Activate the module sale_opportunity if you want deals to be read."
        return Finding("", Level.WARN, "There are no opportunities in this database.", fix)
    return Finding("", Level.PASS, f"{count} records")


def company(rpc: Rpc) -> Finding:
    preferences = rpc.model("res.user.get_preferences", True)
    if preferences.get("company"):
        return Finding("", Level.PASS, preferences.get("company.rec_name") or str(preferences["company"]))
    detail = "The user belongs to no company: Tryton shows it no opportunities, and says nothing about it."
    return Finding("", Level.WARN, detail, "Give the user a company in Administration, Users, Access Permissions.")


def writable(rpc: Rpc, model: str) -> Finding:
    access = rpc.model("ir.model.access.get_access", [model])[model]
    missing = [right for right in WRITTEN[model] if not access[right]]
    if not missing:
        return Finding("", Level.PASS, ", ".join(WRITTEN[model]))
    level = Level.WARN if model == "party.category" and tags.categories(rpc).parent else Level.FAIL
    group = f" (for example {GROUPS[model]})" if model in GROUPS else ""
    return Finding("", level, f"The user may not {' or '.join(missing)}.", f"Give it a group that may{group}.")


def prepared(rpc: Rpc) -> Finding:
    if tags.categories(rpc).parent is None:
        return Finding("", Level.WARN, f"There is no category {tags.GROUP} yet.", "Run `crm-ext connection prepare`.")
    return Finding("", Level.PASS, f"Under {tags.GROUP}.")
