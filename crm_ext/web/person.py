"""What a contact's page and its card show: the judgement in order of weight, and what was asked of it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext

from crm_ext.domain.tags import STAGE_VALUES
from crm_ext.store.models import Connection, ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.sync import diagnoses
from crm_ext.sync.card import card
from crm_ext.sync.place import carriers, place
from crm_ext.sync.trend import trend
from crm_ext.web.doors import Door
from crm_ext.web.language import lang

CARRIERS_SHOWN = 2
QUESTIONS = ("no_purchase", "no_referral")
LONGEST_DRAFT = 10_000


def page_of(connection: Connection, contact: ContactRow, door: Door) -> dict[str, Any]:
    """All that the templates in `contacts/` need; a question and a draft reply come with the request."""
    shown = card(connection, contact.external_id, lang())
    return {
        "contact": contact,
        "connection": connection,
        "names": book.names_around(contact),
        "card": shown,
        "door": door,
        "stages": STAGE_VALUES,
        **judged(shown["annotation"]),
        **(asked(connection, shown["annotation"]) if shown["annotation"] else {}),
    }


def judged(annotation: dict[str, Any] | None) -> dict[str, Any]:
    """The judgement, its evidence from the weightiest line down, and its place on the path of stages."""
    if annotation is None:
        return {"judgement": None}
    evidence = sorted(annotation["evidence"], key=lambda line: -abs(line["weight"]))
    stage = annotation["stage"]
    return {
        "judgement": annotation,
        "evidence": evidence,
        "place": place(stage, lang()),
        "carriers": carriers(stage, evidence)[:CARRIERS_SHOWN],
    }


def asked(connection: Connection, annotation: dict[str, Any]) -> dict[str, Any]:
    question, draft = request.args.get("ask"), request.form.get("draft", "")[:LONGEST_DRAFT]
    complains = "complaint" in annotation["alerts"]
    return {
        "trend": trend(connection, annotation),
        "questions": QUESTIONS,
        "diagnosis": _answer(question, connection, annotation["id"]) if question in QUESTIONS else None,
        "complaint": _answer("complaint", connection, annotation["id"]) if complains else None,
        "draft": draft,
        "reply": diagnoses.of_reply(draft, lang()) if draft.strip() else None,
    }


def _answer(question: str, connection: Connection, contact_id: str) -> dict[str, Any]:
    return diagnoses.words(diagnoses.of_contact(question, connection, contact_id), lang())


def note(shown: dict[str, Any]) -> str:
    """The card as plain text, for a field that takes nothing else. `shown` is what `card` gives."""
    lines = [shown["reasons"]]
    steps = shown["steps"][:1]
    lines += [gettext("Next step: %(step)s", step=each["text"]) for each in steps]
    lines += [gettext("Why: %(why)s", why=each["why"]) for each in steps if each["why"]]
    lines += [gettext("Open with: %(opening)s", opening=each["opening"]) for each in steps if each["opening"]]
    lines += [gettext("By: %(day)s", day=each["due"]) for each in steps if each["due"]]
    avoid = [each["text"] for each in (shown["annotation"] or {}).get("avoid", ())]
    lines += [gettext("Avoid now: %(list)s", list=", ".join(avoid))] if avoid else []
    return "\n".join(filter(None, lines)) + "\n"
