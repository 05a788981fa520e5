"""The lists behind the manager's numbers: what is asked, and what each line says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import lazy_gettext

from crm_ext.domain.events import instant
from crm_ext.store import now
from crm_ext.store.models import ContactRow
from crm_ext.store.queries import attention, movement
from crm_ext.store.queries.movement import Moved
from crm_ext.store.queries.slices import Query, Slice
from crm_ext.sync.losses import loss_causes
from crm_ext.web import words
from crm_ext.web.language import day, lang

NOBODY = "–"


@dataclass(frozen=True, slots=True)
class Listing:
    """`query` gives rows that begin with a contact; `cells` says the rest of a row, `head` names all columns."""

    title: str
    head: Sequence[str]
    query: Callable[[Slice], Query]
    cells: Callable[[Any], list[object]]


def name_of(contact: ContactRow) -> str:
    return contact.name or contact.email or contact.external_id


def _moves(of: Slice) -> Query:
    args = request.args
    wanted = Moved(
        way=args.get("way", "") if args.get("way") in movement.WAYS else "",
        old=args.get("from", type=int),
        new=args.get("to", type=int),
        cause=args.get("cause"),
        loss=args.get("loss", "")[:60],
    )
    return movement.listed(of, wanted)


def _moved(row: Any) -> list[object]:
    move = row[1]
    causes = {each["id"]: each["name"] for each in loss_causes(lang())}
    cause = causes.get(move.loss, move.loss) if move.loss else why(move.cause, move.way)
    before = "" if move.way == "came" else words.stage(move.stage_from)
    return [day(move.at), words.word(words.MOVES, move.way), before, words.stage(move.stage_to), cause]


def why(cause: str, way: str) -> str:
    """What made a move, in words."""
    return "" if not cause and way in {"came", "same"} else words.cause(cause)


def _threads(of: Slice) -> Query:
    return attention.threads(of)


def _thread(row: Any) -> list[object]:
    contact, company = row
    return [company or NOBODY, words.stage(contact.stage), words.points(contact.trust_level)]


def _complaints(of: Slice) -> Query:
    return attention.complaints(of, request.args.get("age", ""))


def _complaint(row: Any) -> list[object]:
    case = row[1]
    return [day(case.at), (now() - instant(case.at)).days, case.subject, case.external_id]


def _steps(of: Slice) -> Query:
    return attention.answers(of, request.args.get("tactic", "")[:60], request.args.get("answer", "")[:10])


def _step(row: Any) -> list[object]:
    contact, said = row
    then, today = words.stage(said.stage), words.stage(contact.stage)
    return [day(said.at), words.tactic(said.tactic), words.word(words.ANSWERED, said.answer), said.note, then, today]


WHO, WHEN, STAGE = lazy_gettext("Contact"), lazy_gettext("Day"), lazy_gettext("Stage")
LISTINGS = {
    "moves": Listing(
        lazy_gettext("Moves"),
        (WHO, WHEN, lazy_gettext("Move"), lazy_gettext("From"), lazy_gettext("To"), lazy_gettext("Why")),
        _moves,
        _moved,
    ),
    "threads": Listing(
        lazy_gettext("Accounts that hang by one person"),
        (WHO, lazy_gettext("Company"), STAGE, lazy_gettext("Trust")),
        _threads,
        _thread,
    ),
    "complaints": Listing(
        lazy_gettext("Open complaints"),
        (WHO, WHEN, lazy_gettext("Days"), lazy_gettext("About"), lazy_gettext("Case")),
        _complaints,
        _complaint,
    ),
    "steps": Listing(
        lazy_gettext("Steps answered"),
        (
            WHO,
            WHEN,
            lazy_gettext("Step"),
            lazy_gettext("Answer"),
            lazy_gettext("Note"),
            lazy_gettext("Stage then"),
            lazy_gettext("Stage now"),
        ),
        _steps,
        _step,
    ),
}
