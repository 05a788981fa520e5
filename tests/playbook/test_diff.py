"""A difference names file, item and field; an item that only moved is none."""

from __future__ import annotations

import copy

from crm_ext import playbook
from crm_ext.playbook.diff import diff
from crm_ext.playbook.files import FOLDER, read
from crm_ext.playbook.load import build


def test_nothing_differs_from_itself() -> None:
    assert diff(playbook.load(), build(read(FOLDER))) == []


def test_a_change_is_named_and_a_move_is_not() -> None:
    documents = copy.deepcopy(read(FOLDER))
    documents["tactics"]["tactics"].reverse()
    call = next(each for each in documents["tactics"]["tactics"] if each["id"] == "phone_call")
    call["days"] = 5
    assert diff(playbook.load(), build(documents)) == [("tactics.tactics.phone_call.days", 3, 5)]
