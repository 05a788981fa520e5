"""The HTTP layer against a real server on this machine."""

import threading
import time
from contextlib import contextmanager

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from crm_ext.connector_api import (
    Api,
    Context,
    Gone,
    Grant,
    Message,
    NeedsAttention,
    Refreshing,
    RetryLater,
    Unsure,
    called_url,
)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args):
        pass


@contextmanager
def serving(answer):
    asked = []

    @Request.application
    def app(request):
        asked.append(request)
        return answer(request, len(asked))

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_write_whose_answer_is_lost_is_not_sent_again():
    with serving(lambda request, number: Response("<html>", 502)) as (url, asked):
        with pytest.raises(Unsure):
            Api(url).post("things", json={}, once=True)
        assert len(asked) == 1


def test_a_write_that_was_refused_for_now_is_sent_again():
    def answer(request, number):
        return Response("{}", 429, {"Retry-After": "0"}) if number == 1 else Response('{"ok": 1}')

    with serving(answer) as (url, asked):
        assert Api(url).post("things", json={}, once=True) == {"ok": 1}
        assert len(asked) == 2


def test_a_read_is_asked_again_when_its_answer_is_half():
    def answer(request, number):
        return Response('{"half": ' if number == 1 else '{"ok": 1}')

    with serving(answer) as (url, asked):
        api = Api(url)
        assert api.get("things") == {"ok": 1}
        assert api.requests == len(asked) == 2


def test_nobody_there_is_sure_not_to_have_acted():
    with pytest.raises(RetryLater) as error:
        Api("http://127.0.0.1:9", attempts=1).post("things", once=True)
    assert not isinstance(error.value, Unsure)


def test_every_answer_is_seen_and_gone_is_told():
    seen = []
    with serving(lambda request, number: Response("{}", 404)) as (url, _), pytest.raises(Gone):
        Api(url, seen=seen.append).get("things/1")
    assert [each.status_code for each in seen] == [404]


def test_a_proxy_that_the_environment_names_is_used_and_may_be_passed_by(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(lambda request, _: Response(f'"{request.host}"')) as (url, asked):
        monkeypatch.setenv("http_proxy", url)
        assert Api("http://crm.example.com").get("contacts") == "crm.example.com"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Api(url).get("contacts") == url.removeprefix("http://")
    assert len(asked) == 2


def test_rates_are_kept_by_threads_together_and_can_be_changed():
    with serving(lambda request, number: Response("{}")) as (url, asked):
        api = Api(url, rates=((5, 0.5),))
        started = time.monotonic()
        threads = [threading.Thread(target=api.get, args=("x",)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1.0 <= time.monotonic() - started < 2.0
        api.keep(((100, 0.5),))
        started = time.monotonic()
        for _ in range(20):
            api.get("x")
        assert time.monotonic() - started < 0.9
        assert api.requests == len(asked) == 32


def refreshing(url, settings, **context):
    asked = []

    def fetch(refresh_token):
        asked.append(refresh_token)
        time.sleep(0.05)
        return Grant(f"new-{len(asked)}", f"refresh-{len(asked)}", 1800)

    auth = Refreshing(settings, Context(**context), fetch)
    return Api(url, auth=auth), asked


def only(*tokens):
    return lambda request, number: Response(
        "{}", 200 if request.headers["Authorization"].removeprefix("Bearer ") in tokens else 401
    )


def test_a_refused_token_is_renewed_once_by_all_threads_and_kept():
    saved = []
    with serving(only("new-1")) as (url, asked):
        api, fetched = refreshing(url, {"access_token": "old", "refresh_token": "r"}, save=saved.append)
        threads = [threading.Thread(target=api.get, args=("x",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert fetched == ["r"]
        assert saved == [{"access_token": "new-1", "refresh_token": "refresh-1"}]
        assert sum(each.headers["Authorization"] == "Bearer new-1" for each in asked) == 6


def test_a_token_that_another_process_renewed_is_taken_over():
    stored = {"access_token": "theirs", "refresh_token": "r2"}
    with serving(only("theirs")) as (url, _):
        api, fetched = refreshing(url, {"access_token": "old", "refresh_token": "r"}, load=lambda: stored)
        api.get("x")
        assert fetched == []


def test_a_new_token_that_is_refused_as_well_needs_attention():
    with serving(only()) as (url, asked):
        api, fetched = refreshing(url, {"refresh_token": "r"})
        with pytest.raises(NeedsAttention):
            api.get("x")
        assert fetched == ["r", "refresh-1", "refresh-2", "refresh-3"]
        assert len(asked) == 4


def message(**headers):
    return Message("POST", "http://10.0.0.5:8000/hooks/k?x=1", headers, b"")


def test_the_address_that_was_called_is_made_from_what_can_be_trusted():
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "crm.example.com, inner", "x-forwarded-prefix": "/p"}
    assert called_url(message(**forwarded)) == "http://10.0.0.5:8000/hooks/k?x=1"
    assert called_url(message(**forwarded), trust_forwarded=True) == "https://crm.example.com/p/hooks/k?x=1"
    assert called_url(message(), trust_forwarded=True) == "http://10.0.0.5:8000/hooks/k?x=1"
    assert called_url(message(), "https://crm.example.com/") == "https://crm.example.com/hooks/k?x=1"
