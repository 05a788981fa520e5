import pytest

from crm_ext.connector_api import Setting, WrongSettings, masked, validated

SETTINGS = (
    Setting(name="base_url", label="Address", kind="url"),
    Setting(name="token", label="Token", secret=True),
    Setting(name="page", label="Page size", kind="int", default=100),
)
GIVEN = {"base_url": "http://127.0.0.1:8000", "token": "abc"}


def test_values_are_converted_and_defaults_filled_in():
    assert validated(SETTINGS, GIVEN | {"page": "50"}) == {**GIVEN, "page": 50}
    assert validated(SETTINGS, GIVEN)["page"] == 100


def test_every_bad_setting_is_named():
    with pytest.raises(WrongSettings, match=r"base_url: is missing; page: Not a valid integer; tokn: is unknown"):
        validated(SETTINGS, {"tokn": "abc", "token": "x", "page": "many"})


def test_a_secret_is_masked():
    assert masked(SETTINGS, GIVEN)["token"] == "••••••••"
    assert masked(SETTINGS, GIVEN)["base_url"] == GIVEN["base_url"]
