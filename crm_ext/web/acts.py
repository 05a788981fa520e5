"""What people do on a contact's page and on its card: answer the step, say better, take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask_babel import gettext

from crm_ext.domain.events import instant
from crm_ext.errors import CrmExtError, NotFound
from crm_ext.store.models import Connection, ContactRow
from crm_ext.sync import card, steps

Form = Mapping[str, str]
Act = Callable[[Connection, ContactRow, str, Form, str], None]


def perform(action: str, connection: Connection, contact: ContactRow, form: Form, actor: str) -> None:
    """`action` is done, not_now or wrong with `:` and a tactic, override, or clear. Raises CrmExtError, NotFound."""
    name = action.partition(":")[0]
    if name not in ACTS:
        raise NotFound(f"There is no action {name!r}.")
    ACTS[name](connection, contact, action, form, actor)


def _answer(connection: Connection, contact: ContactRow, action: str, form: Form, actor: str) -> None:
    said, _, tactic = action.partition(":")
    steps.answer(connection, contact.external_id, tactic=tactic, said=said, note=form.get("note", ""), actor=actor)


def _override(connection: Connection, contact: ContactRow, _: str, form: Form, actor: str) -> None:
    card.override(
        connection,
        contact.external_id,
        stage=form.get("stage") or None,
        trust=_level(form.get("trust", "")),
        until=_day(form.get("until", "")),
        reason=form.get("reason", ""),
        actor=actor,
    )


def _clear(connection: Connection, contact: ContactRow, _: str, __: Form, actor: str) -> None:
    card.clear_overrides(connection, contact.external_id, actor=actor)


def _level(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise CrmExtError(gettext("The trust level is no number."), fix=gettext("Use 0 to 100.")) from error


def _day(text: str) -> datetime | None:
    """The end of the named day."""
    try:
        return instant(text) + timedelta(days=1) if text.strip() else None
    except ValueError as error:
        raise CrmExtError(gettext("The day is no date."), fix=gettext("Write it as 2027-03-31.")) from error


ACTS: Mapping[str, Act] = {
    **dict.fromkeys(steps.ANSWERS, _answer),
    "override": _override,
    "clear": _clear,
}
