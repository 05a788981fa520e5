"""Checks of what happens when the way to the CRM fails: over real HTTP, by faults in front of the CRM."""

from __future__ import annotations

from collections.abc import Callable

from crm_ext.connector_api.contract import Level, Outcome
from crm_ext.connector_api.errors import ConnectorError, NeedsAttention, RetryLater
from crm_ext.connector_api.testing.case import Case
from crm_ext.connector_api.testing.pull_checks import full, same
from crm_ext.connector_api.testing.pulling import pulled_all, require
from crm_ext.connector_api.testing.push_checks import one_each, prepared, pushed, rows, stands

TIMER = 0.05
"""Seconds by which a wait may seem shorter than it was."""


def lost_token(case: Case) -> None:
    """A token that is no longer taken needs attention: pulling and pushing say so, `check` finds it."""
    connector = prepared(case)
    with case.failing("lost_token") as fault:
        said = [
            raised(NeedsAttention, lambda: full(case)),
            raised(NeedsAttention, lambda: list(connector.push(rows(case)))),
        ]
        findings = case.make().check()
        require(fault.hits, "The fault 'lost_token' hit no request: correct its `match`.")
    failed = [each for each in findings if each.level is Level.FAIL]
    require(failed, f"`check` finds nothing wrong with a lost token: {findings}")
    require(all(each.fix for each in failed), f"`check` must say what to do: {failed}")
    told = " ".join([*said, *(f"{each.detail} {each.fix}" for each in findings)])
    for name in secrets(case):
        require(name not in told, "A secret setting stands in a message.")


def rate_limited(case: Case) -> None:
    """429 is waited out for as long as the CRM asks, and nothing is lost."""
    stream = case.connector.capabilities.streams[0]
    with case.failing("rate_limited") as fault:
        got = pulled_all(case.make, (stream,))[stream]
    require(fault.hits, "The fault 'rate_limited' hit no request: correct its `match`.")
    same(stream, got, case.expected().get(stream, ()), "after 429")
    log = case.net.log if case.net else []
    refused = max(index for index, each in enumerate(log) if each.failed)
    again = next((each for each in log[refused + 1 :] if each.line == log[refused].line), None)
    require(again, "The request that was answered with 429 was not sent again.")
    waited = again.at - log[refused].at if again else 0.0
    asked = float(fault.fault.headers.get("Retry-After", 0))
    require(waited >= asked - TIMER, f"Retry-After asked for {asked} s, the request came again after {waited:.2f} s.")


def survives(name: str, doc: str) -> Callable[[Case], None]:
    """A check that a passing fault, at the first or the second request, costs no record."""

    def check(case: Case) -> None:
        for stream in case.connector.capabilities.streams:
            for skip in (0, 1):
                with case.failing(name, skip=skip) as fault:
                    got = pulled_all(case.make, (stream,))[stream]
                require(fault.hits or skip, f"The fault {name!r} hit no request: correct its `match`.")
                same(stream, got, case.expected().get(stream, ()), f"after {name}")

    check.__name__, check.__doc__ = name, doc
    return check


def down(case: Case) -> None:
    """A CRM that stays down ends the call with RetryLater, and `check` says so instead of raising."""
    with case.failing("down"):
        raised(RetryLater, lambda: full(case))
        findings = case.make().check()
    require(any(each.level is Level.FAIL for each in findings), f"`check` finds nothing wrong: {findings}")


def push_survives(case: Case) -> None:
    """Answers that get lost while writing cost no row: each is told as written or to be tried again."""
    for name in ("server_error", "lost_answer"):
        case.reset()
        connector = prepared(case)
        with case.failing(name) as fault:
            results = one_each(connector.push(iter(rows(case))), rows(case))
        require(fault.hits, f"The fault {name!r} hit no request: correct its `match`.")
        refused = [each for each in results.values() if each.outcome not in {Outcome.OK, Outcome.RETRY}]
        require(not refused, f"After {name} rows were given up: {refused}")
        pushed(connector, [row for row in rows(case) if results[row.id].outcome is Outcome.RETRY])
        stands(connector, {row.id: row.values for row in rows(case)})


def counts_requests(case: Case) -> None:
    """`requests` counts what was really sent."""
    require(case.net, "The case has no `net`.")
    connector = case.make()
    sent = len(case.net.log) if case.net else 0
    for stream in connector.capabilities.streams:
        for part in connector.parts(stream, None):
            list(connector.pull(part, None))
    sent = (len(case.net.log) if case.net else 0) - sent
    require(connector.requests == sent, f"`requests` says {connector.requests}, the CRM was asked {sent} times.")


def raised(kind: type[ConnectorError], act: Callable[[], object]) -> str:
    """What the error says. Raises AssertionError where none comes, or one of another kind."""
    try:
        act()
    except kind as error:
        return str(error)
    except ConnectorError as error:
        raise AssertionError(f"{type(error).__name__} was raised, not {kind.__name__}: {error}") from error
    raise AssertionError(f"No {kind.__name__} was raised.")


def secrets(case: Case) -> list[str]:
    names = [each.name for each in case.connector.settings if each.secret]
    return [str(value) for name, value in case.settings().items() if name in names and value]


NETWORK_CHECKS = (
    lost_token,
    rate_limited,
    survives("server_error", "A CRM that fails twice is asked a third time."),
    down,
    survives("truncated", "JSON that ends in the middle is asked for again."),
    survives("html", "A page instead of JSON is asked for again."),
    survives("reset", "A connection that breaks is made again."),
    push_survives,
    counts_requests,
)
