"""Contacts with where they stand and why, as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from crm_ext.domain.annotation import Band
from crm_ext.domain.tags import STAGE_VALUES
from crm_ext.web.api.schemas.base import Body, ListQuery, Moment, maybe, measure, moment, number, truth, words


def asked(longest: int, description: str) -> fields.String:
    said = {"description": description}
    return fields.String(load_default="", validate=validate.Length(max=longest), metadata=said)


def things(description: str) -> fields.List[Any]:
    return fields.List(fields.Dict(), required=True, metadata={"description": description})


STAGES = ("0", "1", "2", "3", "4", "unknown", "waiting")


class ContactsQuery(ListQuery):
    q = asked(100, "Name, e-mail, telephone or company holds it; or the contact's id.")
    stage = fields.String(load_default="any", validate=validate.OneOf(["any", *STAGES]))
    band = fields.String(load_default="", validate=validate.OneOf(["", *Band]))
    alert = asked(40, "An alert's id, or `any`.")
    connection = fields.Integer(load_default=None, validate=validate.Range(1, 2**31 - 1))
    owner = asked(320, "The owner's e-mail; of no use to those who see their own contacts only.")
    sort = fields.String(load_default="id", validate=validate.OneOf(["id", "trust", "-trust"]))


class ContactSchema(Schema):
    connection = number("The number of its connection.")
    external_id = words("Its id in the CRM.")
    name = words()
    title = words()
    email = words()
    phone = words()
    kind = maybe("individual or key_account; null where the connection's setting decides.")
    company_id = maybe()
    company = maybe()
    owner_id = maybe()
    owner = maybe()
    stage = number("0 to 4; null for want of evidence, or where nobody has judged yet.", allow_none=True)
    trust_level = measure("0 to 100; null where nobody has judged yet.", allow_none=True)
    band = maybe()
    value_class = maybe("A, B or C.")
    alerts = fields.List(fields.String(), required=True)
    next_step = words("The id of a tactic, or empty.")
    self = words("Where to read all of it.")


class CompaniesQuery(ListQuery):
    q = asked(100, "Part of the name.")
    connection = fields.Integer(load_default=None, validate=validate.Range(1, 2**31 - 1))


class CompanySchema(Schema):
    connection = number("The number of its connection.")
    external_id = words("Its id in the CRM.")
    name = words()
    domain = words()
    industry = words()
    owner_id = maybe()


class CompanyWithPeople(CompanySchema):
    contacts = fields.List(fields.Nested(ContactSchema), required=True)


class CardContactSchema(Schema):
    external_id = words()
    name = words()
    title = words()
    email = words()
    phone = words()
    kind = maybe()
    company_id = maybe()
    owner_id = maybe()
    link = maybe("Its page in the CRM.")


class TrustSchema(Schema):
    level = measure()
    band = words()
    person = measure()
    product = measure()
    company = measure()


class ValueSchema(Schema):
    orders = number()
    cb = measure("Money so far.")
    av = measure("Expected money of the orders to come.", allow_none=True)
    p = measure("Chance of an order within the horizon.", allow_none=True)
    orders_expected = measure(allow_none=True)
    ev = measure("CB + AV × P.", allow_none=True)
    cls = fields.String(required=True, allow_none=True, attribute="class", data_key="class")
    currency = words()


class RecordSchema(Schema):
    stream = words()
    id = words()


class EvidenceSchema(Schema):
    marker = words()
    text = words()
    object = words("person, product or company.")
    weight = measure("Points of trust at `as_of`.")
    at = maybe("Date of the record.")
    event = number(allow_none=True)
    quote = words()
    source = words()
    rule = words()
    record = fields.Nested(RecordSchema, required=True, allow_none=True)
    link = maybe("The record's page in the CRM.")


class StepSchema(Schema):
    id = words()
    text = words()
    why = words()
    how = words()
    opening = words()
    expect = words()
    channel = words()
    due = maybe()
    source = words()


class AvoidSchema(Schema):
    id = words()
    text = words()
    why = words()


class MissingSchema(Schema):
    marker = words()
    text = words()


class AnnotationSchema(Schema):
    id = words()
    stage = number(allow_none=True)
    stage_name = words()
    enough_evidence = truth()
    confidence = measure()
    trust = fields.Nested(TrustSchema, required=True)
    buying_role = maybe()
    personality = maybe()
    value = fields.Nested(ValueSchema, required=True)
    alerts = fields.List(fields.String(), required=True)
    alert_texts = fields.List(fields.Dict(), required=True)
    tactics = fields.List(fields.Nested(StepSchema), required=True)
    avoid = fields.List(fields.Nested(AvoidSchema), required=True)
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True)
    traits = fields.List(fields.Dict(), required=True)
    missing = fields.List(fields.Nested(MissingSchema), required=True)
    playbook = words()
    as_of = words()
    due_at = maybe()


class TagsSchema(Schema):
    written = fields.Dict(required=True, metadata={"description": "What we wrote last."})
    written_at = moment(allow_none=True)
    seen = fields.Dict(required=True, metadata={"description": "What stood in the CRM when it was read last."})


class OverrideSchema(Schema):
    field = words()
    kind = words("override, cleared or conflict.")
    value = words()
    reason = words()
    actor = words()
    created_at = moment()
    until = moment(allow_none=True)


class PastSchema(Schema):
    since = moment()
    run = number(allow_none=True)
    stage = number(allow_none=True)
    trust_level = measure()
    alerts = fields.List(fields.String(), required=True)
    playbook = words()


class CardSchema(Schema):
    contact = fields.Nested(CardContactSchema, required=True)
    annotation = fields.Nested(AnnotationSchema, required=True, allow_none=True)
    reasons = words("The strongest reasons in words, a line each.")
    tags = fields.Nested(TagsSchema, required=True)
    overrides = fields.List(fields.Nested(OverrideSchema), required=True)
    history = fields.List(fields.Nested(PastSchema), required=True)
    trace = things("How it came: what was read, judged, said and written, step by step.")
    steps = things("The recommended steps that nobody has answered since the judgement.")
    answers = things("What people said of steps, newest first.")


class ExportSchema(CardSchema):
    exported_at = moment()
    connection = words()
    records = fields.Dict(required=True, metadata={"description": "What was read from the CRM, by kind."})


class ErasedSchema(Schema):
    erased = number("How many records went.")


class NewOverride(Body):
    stage = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STAGE_VALUES))
    trust = fields.Float(load_default=None, allow_none=True, allow_nan=False, validate=validate.Range(0, 100))
    until = Moment(load_default=None, allow_none=True, metadata={"description": "RFC 3339 time, with zone."})
    reason = words("Why.", validate=validate.Length(1, 2000))


class OverridesSchema(Schema):
    items = fields.List(fields.Nested(OverrideSchema), required=True)


class WithdrawnSchema(Schema):
    withdrawn = number("How many overrides ended.")
