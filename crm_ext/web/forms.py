"""Forms: what they share, and those that are made from a connector's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flask import render_template
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    SubmitField,
    URLField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from crm_ext.connector_api import Setting
from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.web.words import sentence

T = TypeVar("T")

KINDS: Mapping[str, type[Field]] = {
    "text": StringField,
    "url": URLField,
    "path": StringField,
    "int": IntegerField,
    "bool": BooleanField,
    "choice": SelectField,
}


class SignIn(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    email = EmailField(lazy_gettext("E-mail"), [InputRequired()], render_kw={"autocomplete": "username"})
    password = PasswordField(
        lazy_gettext("Password"), [InputRequired(), Length(max=1024)], render_kw={"autocomplete": "current-password"}
    )
    remember = BooleanField(lazy_gettext("Remember me on this device"))
    submit = SubmitField(lazy_gettext("Sign in"))


class NewPassword(FlaskForm):  # type: ignore[misc]
    current = PasswordField(
        lazy_gettext("Your password now"), [InputRequired()], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(lazy_gettext("New password"), [InputRequired()], render_kw={"autocomplete": "new-password"})
    submit = SubmitField(lazy_gettext("Change the password"))


class Timetable(FlaskForm):  # type: ignore[misc]
    """When a connection is synced by itself; all blank: only when asked."""

    every = StringField(
        lazy_gettext("Every"), [Length(max=10)], description=lazy_gettext("Such as 15m, 2h or 1d; blank for none.")
    )
    cron = StringField(
        lazy_gettext("Or by cron"),
        [Length(max=100)],
        description=lazy_gettext("Minute, hour, day, month, weekday: 0 6 * * 1-5 is six o'clock on working days."),
    )
    quiet = StringField(
        lazy_gettext("Quiet hours"),
        [Length(max=11)],
        description=lazy_gettext("As 22:00-06:00: nothing begins by itself then."),
    )
    submit = SubmitField(lazy_gettext("Save"))


class Press(FlaskForm):  # type: ignore[misc]
    """A button that does something: no fields, only the proof that our own page sent it."""


def settings_form(settings: Iterable[Setting], stored: Mapping[str, Any] | None = None) -> FlaskForm:
    """A form with one field per setting. `stored` are the values to change: a secret left blank stays as it is."""
    keep = stored is not None
    named = {} if keep else {"connection_name": _name()}
    fields = {each.name: _field(each, keep=keep) for each in sorted(settings, key=lambda each: not each.required)}
    made = type("SettingsForm", (FlaskForm,), {**named, **fields, "submit": SubmitField(lazy_gettext("Save"))})
    shown = {each.name: stored.get(each.name) for each in settings if not each.secret} if stored else {}
    return made(data=shown or None)


def _name() -> Field:
    return StringField(
        lazy_gettext("Name of the connection"),
        [InputRequired(), Length(max=100)],
        description=lazy_gettext("Short, as colleagues will say it."),
    )


def _field(setting: Setting, *, keep: bool) -> Field:
    options: dict[str, Any] = {"label": gettext(setting.label), "description": _help(setting, keep=keep)}
    must = setting.required and not (setting.secret and keep) and setting.kind != "bool"
    options["validators"] = [InputRequired() if must else Optional()]
    if setting.kind == "choice":
        options["choices"] = [SelectChoice(value, gettext(label)) for value, label in setting.choices]
    if not setting.required and not setting.secret:
        options["default"] = setting.default
    if setting.secret:
        return PasswordField(**options, render_kw={"autocomplete": "off"})
    return KINDS[setting.kind](**options)


def _help(setting: Setting, *, keep: bool) -> str:
    words = [gettext(setting.help)] if setting.help else []
    if setting.secret and keep:
        words.append(gettext("Leave it blank to keep the stored one."))
    return " ".join(words)


def given(form: FlaskForm, settings: Iterable[Setting]) -> dict[str, Any]:
    """What was typed in, without what was left blank: the default, or the stored value, stands for that."""
    values = {each.name: form[each.name].data for each in settings}
    return {name: value for name, value in values.items() if value is not None and value != ""}


def accepted(form: FlaskForm, act: Callable[[], T]) -> T | None:
    """What `act` returns once the form is valid; an error it raises is shown on the form, with what was typed."""
    if not form.validate_on_submit():
        return None
    try:
        return act()
    except CrmExtError as error:
        db.session.rollback()
        form.form_errors.append(sentence(error))
        return None


def form_page(template: str, form: FlaskForm, **values: Any) -> tuple[str, int]:
    """A page with a form; 422 where something typed in is not right."""
    return render_template(template, form=form, **values), 422 if form.errors else 200
