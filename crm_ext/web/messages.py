"""What a CRM sends us, as its connector verifies it."""

from __future__ import annotations

from flask import request

from crm_ext.connector_api import Message
from crm_ext.web.urls import outside


def message() -> Message:
    """The request as it came, under the address that the CRM called."""
    query = request.query_string.decode()
    address = outside(request.path)
    headers = {name.lower(): value for name, value in request.headers}
    return Message(request.method, f"{address}?{query}" if query else address, headers, request.get_data())
