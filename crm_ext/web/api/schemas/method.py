"""The playbook, answers to questions, and schedules, as the API shows and takes them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from crm_ext.sync.diagnoses import QUESTIONS
from crm_ext.web.api.schemas.base import Body, Query, moment, truth, words


class VersionSchema(Schema):
    version = words()
    active = truth("Whether new judgements are made with it.")
    shipped = truth("Whether it came with the product.")
    at = moment(allow_none=True)
    actor = words("Who published it.")
    note = words()


class VersionsSchema(Schema):
    items = fields.List(fields.Nested(VersionSchema), required=True)


class PlaybookSchema(Schema):
    version = words()
    documents = fields.Dict(required=True, metadata={"description": "What it is made of, by document."})


class QuestionQuery(Query):
    question = fields.String(required=True, validate=validate.OneOf(sorted(QUESTIONS)))


class AnswerSchema(Schema):
    answer = fields.Dict(required=True, allow_none=True, metadata={"description": "As the question has it."})


class Draft(Body):
    text = words("What somebody means to answer.", validate=validate.Length(1, 20_000))
    lang = fields.String(load_default="en", validate=validate.OneOf(["en", "zh"]))
    done = fields.List(
        fields.String(validate=validate.Length(max=60)),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "Ids of the steps that were taken before."},
    )


class ReplySchema(Schema):
    reply = fields.Dict(required=True)


class ScheduleSchema(Schema):
    every = words("Such as 15m, 4h or 1d.")
    cron = words()
    quiet = words("Hours in which nothing begins: 22:00-06:00.")
    next_at = moment(allow_none=True)


def choice(description: str) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=100), metadata={"description": description})


class WantedSchedule(Body):
    every = choice("Such as 15m, 4h or 1d; or a cron line, not both.")
    cron = choice("Such as 0 6 * * 1-5.")
    quiet = choice("Hours in which nothing begins: 22:00-06:00.")
