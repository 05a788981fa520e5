"""Idempotency keys: a write that is sent again with the same key is answered again, not done again."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from flask import Flask, Response, current_app, g, request
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store import db, now, vault
from crm_ext.store.models import KeptAnswer
from crm_ext.sync.environment import config
from crm_ext.web.access import LOOKING, PUBLIC, in_api, me, rule_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LASTS = timedelta(days=1)
LONGEST = 255


class WrongKey(CrmExtError):
    """A key that cannot be one, or belongs to another request."""

    status = 422


def before() -> Response | None:
    """The answer that was given to this request before, if there is one. Raises WrongKey or Conflict."""
    key = request.headers.get(HEADER, "")
    if not key or request.endpoint is None or request.method in LOOKING or not in_api(request):
        return None
    if rule_of(current_app, request.endpoint) is PUBLIC:
        return None
    if len(key) > LONGEST or not key.isprintable():
        raise WrongKey(f"This {HEADER} cannot be used.", fix=f"Send up to {LONGEST} printable characters.")
    asked = fingerprint()
    number = first(key, asked)
    if number is None:
        return again(key, asked)
    g.kept_answer = number
    return None


def fingerprint() -> str:
    """What tells this request from others."""
    parts = (request.method, request.full_path, request.get_data(cache=True).decode("latin-1"))
    return sha256("\n".join(parts).encode()).hexdigest()


def first(key: str, asked: str) -> int | None:
    """Note the key, and return the number of the note; None where the key is known."""
    db.session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now() - LASTS))
    note = KeptAnswer(account_id=me().id, key=key, request=asked)
    db.session.add(note)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return None
    return note.id


def again(key: str, asked: str) -> Response:
    """What was answered the first time. Raises WrongKey or Conflict."""
    mine = (KeptAnswer.account_id == me().id) & (KeptAnswer.key == key)
    note = db.session.scalar(select(KeptAnswer).where(mine))
    if note is not None and note.request != asked:
        raise WrongKey(f"This {HEADER} was used for another request.", fix="Make a new key for each request.")
    if note is None or note.status is None:
        raise Conflict("The first request with this key is under way.", fix="Wait a little, and send it again.")
    said = vault.opened(config(), note.body)
    answer = Response(said["body"], status=note.status, mimetype=said["mimetype"])
    answer.headers[REPLAYED] = "true"
    return answer


def after(response: Response) -> Response:
    """Keep the answer; after one that is our fault the request may come again."""
    number = g.pop("kept_answer", None)
    if number is None:
        return response
    db.session.rollback()
    note = KeptAnswer.id == number
    if response.status_code >= 500 or response.status_code == 429:
        db.session.execute(delete(KeptAnswer).where(note))
    else:
        body = vault.sealed(config(), {"body": response.get_data(as_text=True), "mimetype": response.mimetype})
        db.session.execute(update(KeptAnswer).where(note).values(status=response.status_code, body=body))
    db.session.commit()
    return response


def init_app(app: Flask) -> None:
    app.before_request(before)
    app.after_request(after)
