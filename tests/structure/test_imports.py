"""Imports point down the list only: the rule of the house, read from the source."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.structure.tree import OURS, Module, modules

ROOTS = {"crm_ext.config", "crm_ext.errors", "crm_ext.paths"}
ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "playbook": {"domain"},
    "reading": {"domain", "playbook"},
    "annotate": {"domain", "playbook"},
    "connector_api": {"domain"},
    "store": {"domain"},
    "sample": {"domain"},
    "sync": {"domain", "playbook", "reading", "annotate", "connector_api", "store"},
    "jobs": {"sync", "store"},
    "web": {"domain", "store", "sync", "jobs", "connector_api"},
    "cli": {"domain", "playbook", "reading", "annotate", "connector_api", "store", "sample", "sync", "jobs", "web"},
}
ENTRANCES = {"crm_ext": {"web"}, "crm_ext.__main__": {"cli"}, "crm_ext.celery": {"jobs"}}


def layer(name: str) -> str:
    """The part of the package that a module belongs to: crm_ext.store.models.runs → store."""
    return name.split(".")[1] if name.startswith("crm_ext.") else ""


def ours(module: Module) -> Iterator[tuple[str, str]]:
    """(imported module, name) for what is ours; `crm_ext.__version__` is everybody's."""
    for target, name in module.imports():
        if target.split(".")[0] in OURS and (target, name) != ("crm_ext", "__version__"):
            yield target, name


def refusal(module: Module, target: str, name: str) -> str:
    """Why an import is not allowed, or nothing."""
    if target == "crm_ext":
        target = f"crm_ext.{name}"
    if target in ROOTS and not module.name.startswith("connectors"):
        return ""
    if target.split(".")[0] == "connectors":
        allowed = module.name.split(".")[:2] == target.split(".")[:2]
    elif module.name.startswith("connectors"):
        allowed = target == "crm_ext.connector_api"
    elif module.name in ROOTS | set(ENTRANCES):
        allowed = layer(target) in ENTRANCES.get(module.name, ())
    else:
        here = layer(module.name)
        allowed = layer(target) == here or layer(target) in ALLOWED.get(here, ())
    return "" if allowed else f"{module.where} imports {target}"


def test_imports_point_down() -> None:
    met = {refusal(module, target, name) for module in modules() for target, name in ours(module)}
    assert met - {""} == set()


def test_every_part_of_the_package_is_in_the_rule() -> None:
    assert {layer(each.package) for each in modules("crm_ext")} - {""} <= set(ALLOWED)


def test_the_domain_needs_nothing_but_python() -> None:
    foreign = {
        f"{module.where} imports {target}"
        for module in modules("crm_ext/domain")
        for target, _ in module.imports()
        if target.split(".")[0] not in sys.stdlib_module_names | {"crm_ext"}
    }
    assert foreign == set()


@pytest.mark.parametrize("part", ["domain", "playbook", "reading", "annotate", "jobs"])
def test_no_flask_below_the_web(part: str) -> None:
    met = {
        f"{module.where} imports {target}"
        for module in modules(f"crm_ext/{part}")
        for target, _ in module.imports()
        if target.split(".")[0].startswith("flask")
    }
    assert met == set()


def test_only_the_registry_knows_the_connectors() -> None:
    """They are found by name while running, so the word is looked for and not only the import."""
    knowing = {
        module.name
        for module in modules("crm_ext")
        if 'import_module("connectors' in module.source or 'import_module(f"connectors' in module.source
    }
    assert knowing <= {"crm_ext.sync.registry"}


def test_no_module_imports_itself_round_a_corner() -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    names = {module.name for module in modules()}
    for module in modules():
        for target, name in ours(module):
            deeper = f"{target}.{name}"
            graph[module.name].add(deeper if deeper in names else target)
    try:
        tuple(TopologicalSorter({name: after - {name} for name, after in graph.items()}).static_order())
    except CycleError as error:
        pytest.fail("a circle of imports: " + " → ".join(reversed(error.args[1])))


@pytest.mark.parametrize(
    ("where", "target", "name", "refused"),
    [
        ("crm_ext.domain.events", "crm_ext.store", "db", True),
        ("crm_ext.domain.events", "crm_ext.errors", "CrmExtError", False),
        ("crm_ext.sync.pull", "crm_ext.web.app", "create_app", True),
        ("crm_ext.sync.pull", "crm_ext.store", "db", False),
        ("crm_ext.web.app", "crm_ext.playbook", "load", True),
        ("connectors.folder", "crm_ext.connector_api", "Page", False),
        ("connectors.folder", "crm_ext.domain.records", "Contact", True),
        ("connectors.folder", "crm_ext.errors", "CrmExtError", True),
        ("connectors.folder", "connectors.tryton", "Tryton", True),
        ("connectors.folder.rows", "connectors.folder.files", "opened", False),
        ("crm_ext.sync.registry", "connectors.folder", "Folder", True),
        ("crm_ext.config", "crm_ext.store", "db", True),
    ],
)
def test_the_rule_itself(where: str, target: str, name: str, refused: bool) -> None:
    module = Module(modules()[0].path, where)
    assert bool(refusal(module, target, name)) is refused
