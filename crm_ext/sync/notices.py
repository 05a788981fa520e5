"""The two ways in which word is sent: by e-mail, and by a signed request to an address of the company's."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import requests
from sqlalchemy import select

from crm_ext.config import Config
from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.accounts import Role
from crm_ext.store.models import Account, Notice

TIMEOUT = 10.0
SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "failing": "{connection}: the sync fails",
        "stopped": "{connection}: the sync stopped and waits for your answer",
        "locked_out": "{connection}: the CRM no longer lets us in",
        "fine": "{connection}: the sync works again",
    },
    "zh": {
        "failing": "{connection}：同步失败",
        "stopped": "{connection}：同步已停止，等待您的决定",
        "locked_out": "{connection}：CRM 不再允许我们访问",
        "fine": "{connection}：同步已恢复正常",
    },
}
FOOT: Mapping[str, str] = {
    "en": "You get one message for each change, not one for each run.",
    "zh": "每次状态变化只发送一封邮件，不会每次运行都发。",
}


def mail(config: Config, notice: Notice) -> None:
    """Write to the administrators. Raises what the mail server answers, or CrmExtError where there is nobody."""
    to = config.alert_emails or _administrators()
    if not to:
        raise CrmExtError("There is nobody to write to.", fix="Set CRM_EXT_ALERT_EMAILS.")
    letter = _letter(config, notice)
    letter["From"], letter["To"] = config.mail_from or to[0], ", ".join(to)
    with _server(config.smtp_url) as server:
        server.send_message(letter)


def _administrators() -> tuple[str, ...]:
    query = select(Account.email).where(Account.role == Role.ADMIN.value, Account.active).order_by(Account.id)
    return tuple(db.session.scalars(query))


def _letter(config: Config, notice: Notice) -> EmailMessage:
    word = notice.payload
    letter = EmailMessage()
    letter["Subject"] = " ".join(SUBJECTS[config.lang][word["state"]].format(connection=word["connection"]).split())
    letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(f"crm-ext-{notice.id}", "crm-ext.invalid")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n\n".join(filter(None, (word["message"], word["url"], FOOT[config.lang]))) + "\n")
    return letter


@contextmanager
def _server(address: str) -> Iterator[smtplib.SMTP]:
    """The mail server at `smtp://`, `smtp+starttls://` or `smtps://`, signed in where the address names a user."""
    parts = urlsplit(address)
    with _open(parts.scheme, parts.hostname or "localhost", parts.port) as server:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _open(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(host, port or (587 if scheme == "smtp+starttls" else 25), timeout=TIMEOUT)


def call(config: Config, notice: Notice) -> None:
    """Post the notice as JSON, signed. Raises requests.RequestException unless the answer is a success."""
    body = json.dumps(notice.payload, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Crm-Ext-Delivery": str(notice.id),
        "X-Crm-Ext-Signature": signature(config.alert_webhook_secret, body),
    }
    answer = requests.post(config.alert_webhook_url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    if not 200 <= answer.status_code < 300:
        raise requests.HTTPError(f"answered {answer.status_code}")


def signature(secret: str, body: bytes, clock: Callable[[], float] = time.time) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 over "t.body">`: the receiver checks both."""
    moment = str(int(clock()))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
