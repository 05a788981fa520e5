"""The connector: what it is, and which part of it does what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.espocrm import described
from connectors.espocrm.addresses import AddressBook
from connectors.espocrm.api import PAGE, ROOT, EspoApi
from connectors.espocrm.checks import Checks
from connectors.espocrm.hooks import Hooks
from connectors.espocrm.kinds import KINDS, NOTES, PEOPLE, EntityKind, internal, of_stream
from connectors.espocrm.mapping import Mapper
from connectors.espocrm.posts import Posts
from connectors.espocrm.preparing import Preparer
from connectors.espocrm.pushing import BATCH, Writer
from connectors.espocrm.reading import Reader
from connectors.espocrm.stages import Stages
from connectors.espocrm.streams import Puller
from connectors.espocrm.subscriptions import Subscriptions
from crm_ext.connector_api import (
    Capabilities,
    Connector,
    Context,
    Cursor,
    Field,
    Finding,
    Hint,
    Message,
    Page,
    Part,
    Result,
    Row,
    Setting,
    Stream,
    TagSpec,
)

SEPARATORS = re.compile(r"[\s,;]+")
PULLED = (Stream.USERS, Stream.COMPANIES, Stream.CONTACTS, Stream.DEALS, Stream.ACTIVITIES, Stream.CASES)


class EspoCRM(Connector):
    """EspoCRM, tried with what 9.2 answers."""

    slug = "espocrm"
    label = "EspoCRM"
    settings = (
        Setting(name="base_url", label="Address", kind="url", help="For example https://crm.example.com"),
        Setting(name="api_key", label="API key", secret=True, help="Of an API user: Administration → API Users."),
        Setting(
            name="secret_key",
            label="Secret key",
            secret=True,
            default="",
            help="Only for API users with HMAC: requests are then signed with it.",
        ),
        Setting(
            name="admin_login",
            label="Admin's user name",
            default="",
            help="Only to make our fields: API users may not. Take it away again once that is done.",
        ),
        Setting(name="admin_password", label="Admin's password", secret=True, default=""),
        Setting(
            name="webhook_url",
            label="Address for webhooks",
            default="",
            help="Under which EspoCRM reaches this connection's webhooks; with it, preparing makes the webhooks.",
        ),
        Setting(
            name="webhook_secrets",
            label="Secret keys of webhooks",
            secret=True,
            default="",
            help="Separated by commas, each as it is or as ID:SECRET. Preparing fills this in.",
        ),
        Setting(
            name="stream_notes",
            label="Notes in streams",
            kind="choice",
            default="list",
            choices=(
                ("list", "Read as a list, where EspoCRM allows it"),
                ("each", "Read each contact's stream: a request a contact"),
                ("off", "Leave out"),
            ),
        ),
        Setting(
            name="page_size",
            label="Rows asked for at once",
            kind="int",
            default=PAGE,
            help="As many as EspoCRM's configuration allows (recordListMaxSizeLimit).",
        ),
        Setting(
            name="look_back",
            label="Look back, in seconds",
            kind="int",
            default=60,
            help="How long a write in EspoCRM may take until others see it.",
        ),
        Setting(
            name="without",
            label="Leave out",
            default="",
            help="Not to read, separated by commas: accounts, leads, opportunities, calls, meetings, tasks, emails, "
            "cases, users.",
        ),
    )
    capabilities = Capabilities(
        streams=PULLED,
        push_batch=BATCH,
        incremental=frozenset(PULLED) - {Stream.USERS},
        deletes=True,
        webhooks=True,
        settle=10.0,
    )

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        super().__init__(settings, context)
        self._api = EspoApi(settings)
        login = str(settings["admin_login"])
        self._admin = EspoApi(settings, (login, str(settings["admin_password"]))) if login else self._api
        self._writer = Writer(self._api)
        without = self._without()
        book = AddressBook(self._api, without)
        mapper = Mapper(self.context.mapping, Stages(self._api), book)
        look_back = float(settings["look_back"])
        posts = Posts(self._api, mapper, look_back, without, each=settings["stream_notes"] == "each")
        self._puller = Puller(Reader(self._api, mapper, book, look_back), posts, without)

    @property
    def requests(self) -> int:
        return self._api.requests + (self._admin.requests if self._admin is not self._api else 0)

    def check(self) -> list[Finding]:
        return Checks(self._api, self._kinds(KINDS), self._kinds(PEOPLE)).findings()

    def fields(self, stream: Stream) -> list[Field]:
        return described.fields(self._api, of_stream(stream))

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        hooks = self._subscriptions()
        return [*self._preparer().prepare(tags), *(hooks.prepare() if hooks else ())]

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        hooks = self._subscriptions()
        return [*self._preparer().clear(tags), *(hooks.clear() if hooks else ())]

    def parts(self, stream: Stream, since: Cursor | None) -> Sequence[Part]:
        """One part each; users are few and read anew each time."""
        return (Part(stream, None if stream is Stream.USERS else since),)

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        return self._puller.pull(part, checkpoint)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        return self._writer.push(rows)

    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        return self._writer.read(ids)

    def link(self, stream: Stream, external_id: str) -> str | None:
        """The record's page."""
        kind, record_id = internal(stream, external_id)
        site = str(self.config["base_url"]).rstrip("/").removesuffix(ROOT)
        return f"{site}/#{kind.name}/view/{record_id}"

    def changes(self, message: Message) -> Sequence[Hint]:
        return Hooks(listed(str(self.config["webhook_secrets"]))).changes(message)

    def close(self) -> None:
        self._api.close()
        self._admin.close()

    def _without(self) -> frozenset[str]:
        """The entities that are left out; contacts never are."""
        named = {each.lower() for each in listed(str(self.config["without"]))}
        off = {NOTES.name} if self.config["stream_notes"] == "off" else set()
        return frozenset(off | {kind.name for kind in KINDS if named & {kind.name.lower(), kind.plural}} - {"Contact"})

    def _kinds(self, kinds: Sequence[EntityKind]) -> list[EntityKind]:
        without = self._without()
        return [kind for kind in kinds if kind.name not in without]

    def _preparer(self) -> Preparer:
        return Preparer(self._api, self._admin, self._kinds(PEOPLE))

    def _subscriptions(self) -> Subscriptions | None:
        url = str(self.config["webhook_url"])
        return Subscriptions(self._api, url, self._kinds(KINDS), self.context.save) if url else None


def listed(value: str) -> list[str]:
    return [each for each in SEPARATORS.split(value) if each]
