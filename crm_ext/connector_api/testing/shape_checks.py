"""Checks of what a connector says about itself."""

from __future__ import annotations

import json
import re

from crm_ext.connector_api.contract import Level
from crm_ext.connector_api.errors import Unsupported
from crm_ext.connector_api.settings import KINDS, WrongSettings, validated
from crm_ext.connector_api.testing.case import Case
from crm_ext.connector_api.testing.pulling import pulled_all, require


def described(case: Case) -> None:
    """Slug, label, settings and capabilities are there, and fit one another."""
    kind = case.connector
    require(re.fullmatch(r"[a-z][a-z0-9_]*", kind.slug), f"The slug {kind.slug!r} must be a lower-case word.")
    require(kind.label, "The connector needs a label.")
    require(kind.capabilities.streams, "The connector must name its streams.")
    strange = kind.capabilities.incremental - set(kind.capabilities.streams)
    require(not strange, f"Incremental streams that are not streams: {strange}")
    for setting in kind.settings:
        require(setting.label and setting.kind in KINDS, f"Setting {setting.name!r} needs a label and a known kind.")


def settings_named(case: Case) -> None:
    """Wrong settings are refused by name."""
    required = [each.name for each in case.connector.settings if each.required]
    try:
        validated(case.connector.settings, {"no_such_setting": "x"})
    except WrongSettings as error:
        missing = [name for name in (*required, "no_such_setting") if name not in str(error)]
        require(not missing, f"{missing} are not named in: {error}")
        return
    raise AssertionError("An unknown setting was accepted.")


def check_passes(case: Case) -> None:
    """`check` of a healthy connection: named findings, none of which fails, fit for JSON."""
    findings = case.make().check()
    require(findings, "`check` must find something.")
    names = [each.name for each in findings]
    require(len(names) == len(set(names)), f"Two findings have one name: {names}")
    failed = [each for each in findings if each.level is Level.FAIL]
    require(not failed, f"The known state of the CRM fails the connector's own check: {failed}")
    json.dumps([(each.name, each.level, each.detail, each.fix) for each in findings])


def fields_told(case: Case) -> None:
    """`fields` lists each stream's fields once, or says that the CRM does not tell."""
    for stream in case.connector.capabilities.streams:
        try:
            found = [each.name for each in case.make().fields(stream)]
        except Unsupported:
            continue
        require(found and len(found) == len(set(found)), f"{stream}: fields are missing or told twice: {found}")


def links(case: Case) -> None:
    """A record's link is an address that names the record, or None."""
    for stream, got in pulled_all(case.make, case.connector.capabilities.streams).items():
        for name in got.records:
            link = case.make().link(stream, name)
            require(link is None or ("://" in link and name.rsplit(":")[-1] in link), f"{stream} {name}: {link!r}")


SHAPE_CHECKS = (described, settings_named, check_passes, fields_told, links)
