"""What the reader guarantees whatever the cues say."""

import pytest

from crm_ext.domain.events import Direction, EventType
from crm_ext.reading import Reader, Text, load


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load()


def ids(
    reader: Reader, text: str, kind: EventType = EventType.NOTE, direction: Direction = Direction.INTERNAL
) -> set[str]:
    return {each.id for each in reader.read([Text(text, kind, direction)])[0]}


def test_a_signal_names_its_rule_and_its_place(reader):
    text = "Long call. Recommended us to both her brothers."
    (found,) = (each for each in reader.read([Text(text)])[0] if each.id == "referral_made")
    assert found.rule.startswith("referral_made.en.")
    assert text[found.start : found.end] == found.quote == "Recommended us to both her brothers."
    assert found.reader == reader.version
    assert found.text_hash


def test_the_voice_decides_who_is_meant(reader):
    assert "referral_made" in ids(reader, "I recommended you to my brother", EventType.MESSAGE, Direction.INBOUND)
    assert "referral_made" not in ids(reader, "We recommended him to the plant manager")


def test_negation_takes_the_force_away(reader):
    assert "referral_made" not in ids(reader, "She will not recommend us to anybody")


def test_what_a_mail_quotes_is_not_read(reader):
    text = "Thanks.\n\nOn Monday, 4 May 2026 somebody wrote:\n> I recommended you to my brother"
    assert "referral_made" not in ids(reader, text, EventType.EMAIL, Direction.INBOUND)


ODD = [
    "",
    " ",
    "\0",
    "\ud800",
    'İİİ "',
    "“",
    "> > >",
    "。" * 50,
    "a" * 5000,
    "他说" * 3000,
    '"' * 99,
    "🙂" * 200,
    "no " * 4000,
]


@pytest.mark.parametrize("text", ODD)
def test_no_text_raises_and_every_quote_is_in_its_place(reader, text):
    for kind in EventType:
        for direction in Direction:
            for each in reader.read([Text(text, kind, direction)])[0]:
                assert text[each.start : each.end] == each.quote
                assert len(each.quote) <= 120


def test_a_batch_changes_nothing(reader):
    texts = [Text("Recommended us to both her brothers."), Text("又介绍了两个邻居。"), Text("No answer.")]
    alone = [reader.read([each])[0] for each in texts]
    assert reader.read(texts) == alone
    assert load().read(texts[::-1]) == alone[::-1]
