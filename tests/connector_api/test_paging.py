import pytest

from crm_ext.connector_api import RetryLater, pages

RING = {None: "a", "a": "b", "b": "a"}
CHAIN = {None: 1, 1: 2, 2: None}


def test_pages_end_when_there_is_no_cursor():
    assert [cursor for _, cursor in pages(lambda cursor: ([cursor], CHAIN[cursor]))] == [1, 2, None]


def test_a_cursor_that_comes_round_is_refused():
    with pytest.raises(RetryLater, match="'a' a second time"):
        list(pages(lambda cursor: ([], RING[cursor])))
