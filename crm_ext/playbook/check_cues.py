"""What is wrong with the shape of the cues. Whether their rules can be read, reading says when it takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as ma

from crm_ext.playbook.items import LANGUAGES, Playbook
from crm_ext.playbook.schema import messages

CLASSES = {each: ma.Dict(keys=ma.String(), values=ma.String(), required=True) for each in LANGUAGES}
VOICES = ("rep", "customer", "ours", "other")
TESTS = (
    "negation",
    "not_negation",
    "condition",
    "plan",
    "question",
    "we_subject",
    "you_subject",
    "they_subject",
    "other_subject",
    "our_opening",
    "todo",
    "rivals",
)
"""The tests around a match that reading asks for by name."""
BODY = {"flags": ma.String(), **{each: ma.String() for each in LANGUAGES}}
IDS = ma.List(ma.String())
LOSERS = ma.Dict(keys=ma.String(), values=IDS, required=True)


def _of(shape: Mapping[str, ma.Field[Any]]) -> ma.Nested:
    return ma.Nested(Schema.from_dict(dict(shape))(unknown=RAISE), required=True)


SCHEMA = Schema.from_dict(
    {
        "words": _of(CLASSES),
        "context": _of({**CLASSES, "ours_only": IDS, "voices": _of({each: _of(CLASSES) for each in VOICES})}),
        "outweighs": _of({"sentence": LOSERS, "text": LOSERS}),
        "rules": ma.Dict(keys=ma.String(), values=ma.Dict(keys=ma.String(), values=_of(BODY)), required=True),
    }
)(unknown=RAISE)


def findings(playbook: Playbook) -> Iterator[str]:
    try:
        SCHEMA.load(playbook.documents["cues"])
    except ValidationError as error:
        yield from (f"cues.yaml, {field}: {message}" for field, message in messages(error.messages))
        return
    for lang in LANGUAGES:
        missing = [each for each in TESTS if each not in playbook.documents["cues"]["context"][lang]]
        yield from (f"cues.yaml, context.{lang}.{each}: missing." for each in missing)
    for file, rules in playbook.documents["cues"]["rules"].items():
        for signal in rules:
            if signal not in playbook.signals:
                yield f"cues.yaml, rules.{file}.{signal}: there is no signal {signal!r}."
