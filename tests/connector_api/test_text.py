import pytest

from crm_ext.connector_api import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (None, ""),
        ("Give me a ring  next week\n", "Give me a ring next week"),
        ("<p>First line</p><p>Second &amp; last&nbsp;one</p>", "First line\nSecond & last one"),
        ("one<br/>two<BR>three", "one\ntwo\nthree"),
        ("<style>p {color: red}</style><div>净水器<b>很好</b></div><!-- hidden -->", "净水器很好"),
        ("a < b and c > d", "a < b and c > d"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
    ],
)
def test_text_comes_out_of_html(html, text):
    assert plain(html) == text
