"""Somebody's application: its own database, sign-in with 'remember me', forms and templates; ours is mounted in it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, redirect, render_template_string
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import StringField

from crm_ext import CrmExt
from crm_ext.config import Config

FORM = '<form method="post">{{ form.hidden_tag() }}{{ form.text() }}</form>'
PAGE = "host of {{ user }}: {{ notes | join(', ') }}"


class Note(FlaskForm):
    text = StringField()


class Person(UserMixin):
    id = "1"


def build(folder: Path, config: Config | None = None, *, prefix: str = "/crm-ext") -> Flask:
    """The host application; with a config, ours is mounted under the prefix."""
    app = Flask("host", root_path=str(folder))
    app.config.update(SECRET_KEY="the host's own", SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'host.sqlite'}")
    database, login = SQLAlchemy(app), LoginManager(app)
    CSRFProtect(app)
    login.user_loader(lambda key: Person() if key == "1" else None)

    add_door(app)
    add_book(app, database)
    with app.app_context():
        database.create_all()
    if config is not None:
        CrmExt(app, url_prefix=prefix, config=config)
    return app


def add_door(app: Flask) -> None:
    @app.route("/enter", methods=["GET", "POST"])
    def enter() -> object:
        form = Note()
        if form.validate_on_submit():
            login_user(Person(), remember=True)
            return redirect("/")
        return render_template_string(FORM, form=form)

    @app.post("/leave")
    @login_required
    def leave() -> object:
        logout_user()
        return redirect("/enter")


def add_book(app: Flask, database: SQLAlchemy) -> None:
    class Entry(database.Model):
        id = database.Column(database.Integer, primary_key=True)
        text = database.Column(database.String)

    @app.get("/")
    @login_required
    def home() -> str:
        notes = [entry.text for entry in database.session.scalars(database.select(Entry))]
        return render_template_string(PAGE, user=current_user.id, notes=notes)

    @app.route("/note", methods=["GET", "POST"])
    @login_required
    def note() -> object:
        form = Note()
        if form.validate_on_submit():
            database.session.add(Entry(text=form.text.data))
            database.session.commit()
            return redirect("/")
        return render_template_string(FORM, form=form)
