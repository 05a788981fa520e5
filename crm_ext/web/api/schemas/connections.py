"""Connections and runs, as the API shows and takes them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from crm_ext.web.api.schemas.base import Body, ListQuery, moment, number, truth, words

STATUSES = ("queued", "running", "done", "partial", "stopped", "failed", "undone")


class ConnectionSchema(Schema):
    id = number()
    name = words()
    connector = words("The kind of CRM.")
    state = words("active, paused, or writing paused.")
    because = words("Why writing is paused; empty where it is not.")
    prepared_at = moment("When our fields or tags were made in the CRM.", allow_none=True)
    created_at = moment()
    settings = fields.Dict(required=True, metadata={"description": "A secret shows as dots, a lost one as null."})


class NewConnection(Body):
    name = words("Short, as colleagues will say it.", validate=validate.Length(1, 100))
    connector = words(validate=validate.Length(1, 50))
    settings = fields.Dict(keys=fields.String(), load_default=dict, metadata={"description": "See /connectors."})


class ChangedSettings(Body):
    settings = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "Those that are left out stay as they are."}
    )


class SettingSchema(Schema):
    name = words()
    label = words()
    kind = words("text, url, path, int, bool or choice.")
    required = truth()
    secret = truth()
    default = fields.Raw(required=True, allow_none=True)
    help = words()


class ConnectorSchema(Schema):
    slug = words()
    label = words()
    settings = fields.List(fields.Nested(SettingSchema), required=True)
    capabilities = fields.Dict(required=True)


class ConnectorsSchema(Schema):
    items = fields.List(fields.Nested(ConnectorSchema), required=True)


class FindingSchema(Schema):
    name = words()
    level = words("How it stands.", validate=validate.OneOf(["pass", "warn", "fail"]))
    detail = words()
    fix = words()


class FindingsSchema(Schema):
    ok = truth("Whether nothing failed.")
    findings = fields.List(fields.Nested(FindingSchema), required=True)


def switch(usual: bool, description: str) -> fields.Boolean:
    return fields.Boolean(load_default=usual, metadata={"description": description}, truthy={True}, falsy={False})


class WantedRun(Body):
    full = fields.Boolean(load_default=False, metadata={"description": "Read everything, not only what changed."})
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Count what would be written, and write nothing."}
    )
    push = fields.Boolean(load_default=True, metadata={"description": "False: read and judge only."})
    limit = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 10_000_000),
        metadata={"description": "Write at most so many contacts."},
    )


class RunSchema(Schema):
    run = number("Its number.")
    connection = number("The number of its connection.")
    kind = words("sync, undo or remove.")
    status = words(validate=validate.OneOf(STATUSES))
    phase = words("What a run under way is doing.")
    as_of = moment("The time as of which it judges.")
    started_at = moment()
    finished_at = moment(allow_none=True)
    error = words()
    undone_by = number("The run that undid this one.", allow_none=True)
    counts = fields.Dict(required=True)


class RunsQuery(ListQuery):
    connection = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1), metadata={"description": "Of this connection only."}
    )


class FailureSchema(Schema):
    id = number()
    stream = words("The kind of record.")
    external_id = words("The record's id in the CRM.")
    place = words()
    reason = words()


class UndoneSchema(Schema):
    run = number("The run that put the values back.")
    undone = number()
    status = words()
    put_back = number("Contacts that have their old values again.")
    superseded = number("Left alone: written again since.")
    changed_by_person = number("Left alone: somebody changed them since.")
    failed = number()


class WrittenSchema(Schema):
    id = number()
    contact = words("The contact's id in the CRM.")
    at = moment()
    values = fields.Dict(keys=fields.String(), required=True)
    replaced = fields.Dict(keys=fields.String(), required=True)
