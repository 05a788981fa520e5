"""Where requests may go, by what is typed in and by what a name leads to."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from marshmallow import ValidationError

from crm_ext.connector_api import Setting, addresses
from crm_ext.connector_api.errors import NeedsAttention
from crm_ext.connector_api.http import Api
from crm_ext.connector_api.settings import WrongSettings, validated
from crm_ext.errors import CrmExtError

URL = Setting(name="base_url", label="Address", kind="url")
HOME = ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "::ffff:10.0.0.1", "0.0.0.0"]
NEVER = ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "100.100.100.200", "fd00:ec2::254", "224.0.0.1"]


@pytest.fixture
def shut(monkeypatch):
    monkeypatch.setenv("CRM_EXT_PRIVATE_ADDRESSES", "no")


@pytest.mark.parametrize("address", NEVER)
def test_what_machines_tell_themselves_is_never_asked(address):
    assert addresses.refused(address)


@pytest.mark.parametrize("address", HOME)
def test_private_networks_are_open_unless_the_installation_shuts_them(address, monkeypatch):
    assert addresses.refused(address) == ""
    monkeypatch.setenv("CRM_EXT_PRIVATE_ADDRESSES", "no")
    assert "private" in addresses.refused(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "crm.example.com", ""])
def test_the_rest_of_the_world_is_open(address, shut):
    assert addresses.refused(address) == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:8069", "https://localhost", "http://[::1]/"])
def test_what_is_typed_in_is_refused_by_name(url, shut):
    with pytest.raises(WrongSettings, match="base_url"):
        validated([URL], {"base_url": url})


def test_what_is_typed_in_is_kept_where_private_networks_are_open():
    assert validated([URL], {"base_url": "http://127.0.0.1:8069"}) == {"base_url": "http://127.0.0.1:8069"}
    with pytest.raises(ValidationError):
        addresses.outside("http://169.254.169.254/latest/meta-data/")


def test_a_name_that_leads_inside_is_found_out_before_a_byte_is_sent(shut):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(10)
        with pytest.raises(NeedsAttention, match=r"127\.0\.0\.1 lies in a private network"):
            Api(f"http://localhost:{server.getsockname()[1]}", attempts=1).get("/")
        connection, _ = server.accept()
        with closing(connection):
            connection.settimeout(10)
            assert connection.recv(100) == b""


def test_another_word_than_yes_or_no_is_refused(monkeypatch):
    monkeypatch.setenv("CRM_EXT_PRIVATE_ADDRESSES", "perhaps")
    with pytest.raises(CrmExtError, match="CRM_EXT_PRIVATE_ADDRESSES"):
        addresses.refused("10.0.0.1")
