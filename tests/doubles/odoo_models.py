"""Fields of Odoo's models, as far as anybody asks for them: a call that names another one is refused, as by Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = dict[str, dict[str, Any]]


def fields(text: str, **further: dict[str, Any]) -> Fields:
    """From lines of "type: name name …"; `further` holds those with a relation or options."""
    made: Fields = {"id": {"type": "integer"}, "create_date": {"type": "datetime"}, "write_date": {"type": "datetime"}}
    for line in text.strip().splitlines():
        kind, _, names = line.strip().partition(":")
        made |= {name: {"type": kind} for name in names.split()}
    return made | further


def one(model: str) -> dict[str, Any]:
    return {"type": "many2one", "relation": model}


def many(model: str) -> dict[str, Any]:
    return {"type": "many2many", "relation": model}


def choice(*values: str) -> dict[str, Any]:
    return {"type": "selection", "selection": [[value, value.title()] for value in values]}


PARTNER, USER, CURRENCY = one("res.partner"), one("res.users"), one("res.currency")
MODELS: Mapping[str, Fields] = {
    "res.users": fields("char: name login email\nboolean: active share", partner_id=PARTNER),
    "res.currency": fields("char: name"),
    "res.partner.industry": fields("char: name"),
    "res.partner.category": fields("char: name\nboolean: active", parent_id=one("res.partner.category")),
    "res.partner": fields(
        "char: name email email_normalized phone mobile function website ref lang\nboolean: active is_company\n"
        "text: comment",
        type=choice("contact", "invoice", "delivery", "other"),
        parent_id=PARTNER,
        user_id=USER,
        industry_id=one("res.partner.industry"),
        category_id=many("res.partner.category"),
    ),
    "crm.stage": fields("char: name\nboolean: is_won"),
    "crm.lead": fields(
        "char: name contact_name email_from email_normalized phone\nboolean: active\nfloat: probability\n"
        "monetary: expected_revenue\n"
        "datetime: date_closed date_last_stage_update",
        type=choice("lead", "opportunity"),
        partner_id=PARTNER,
        user_id=USER,
        stage_id=one("crm.stage"),
        company_currency=CURRENCY,
        won_status=choice("won", "lost", "pending"),
        order_ids={"type": "one2many", "relation": "sale.order"},
    ),
    "sale.order": fields(
        "char: name\ndatetime: date_order\nmonetary: amount_total",
        partner_id=PARTNER,
        user_id=USER,
        currency_id=CURRENCY,
        state=choice("draft", "sent", "sale", "cancel"),
    ),
    "mail.message.subtype": fields("char: name"),
    "mail.activity.type": fields("char: name"),
    "mail.message": fields(
        "char: model email_from subject\nhtml: body\ndatetime: date\ninteger: res_id",
        message_type=choice("email", "comment", "notification", "user_notification", "auto_comment", "email_outgoing"),
        subtype_id=one("mail.message.subtype"),
        author_id=PARTNER,
        partner_ids=many("res.partner"),
        mail_activity_type_id=one("mail.activity.type"),
    ),
    "mail.activity": fields(
        "char: res_model summary\nhtml: note\ndate: date_deadline\ninteger: res_id",
        activity_type_id=one("mail.activity.type"),
        user_id=USER,
        state=choice("overdue", "today", "planned", "done"),
    ),
    "calendar.event": fields(
        "char: name\nhtml: description\ndatetime: start stop\nboolean: active allday",
        user_id=USER,
        partner_ids=many("res.partner"),
    ),
    "project.task.type": fields("char: name"),
    "project.task": fields(
        "char: name\nhtml: description\ndatetime: date_end\nboolean: active",
        partner_id=PARTNER,
        user_ids=many("res.users"),
        stage_id=one("project.task.type"),
        state=choice("01_in_progress", "1_done", "1_canceled"),
    ),
    "helpdesk.stage": fields("char: name"),
    "helpdesk.ticket.type": fields("char: name"),
    "helpdesk.ticket": fields(
        "char: name\nhtml: description\ndatetime: close_date\nboolean: active",
        partner_id=PARTNER,
        user_id=USER,
        stage_id=one("helpdesk.stage"),
        ticket_type_id=one("helpdesk.ticket.type"),
    ),
    "ir.model": fields("char: model name"),
    "ir.model.fields": fields(
        "char: model name field_description ttype state",
        model_id=one("ir.model"),
        selection_ids={"type": "one2many", "relation": "ir.model.fields.selection"},
    ),
}
ONLY: Mapping[int, Mapping[str, Fields]] = {
    18: {"res.partner": {"mobile": {}}},
    19: {"crm.lead": {"won_status": {}}, "mail.activity": {"active": {"type": "boolean"}}},
}
"""Fields that one of the two versions has and the other has not."""
HELPDESK = frozenset({"helpdesk.ticket", "helpdesk.stage", "helpdesk.ticket.type"})
"""Models of an app that Community does not have."""


def schema(serie: int, *, helpdesk: bool) -> dict[str, Fields]:
    """The models of a version."""
    made = {model: dict(each) for model, each in MODELS.items() if helpdesk or model not in HELPDESK}
    for version, models in ONLY.items():
        for model, names in models.items():
            for name, described in names.items():
                if version == serie:
                    made[model].setdefault(name, described)
                else:
                    made[model].pop(name, None)
    return made
