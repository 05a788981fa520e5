"""Does the broker answer?"""

from __future__ import annotations

from celery import Celery
from kombu.exceptions import OperationalError

PATIENCE = 2
"""Seconds that a broker has to answer."""


class WrongAddress(ValueError):
    """The address names no broker that can be used."""


def probe(url: str) -> str:
    """The broker's address without its password. Raises WrongAddress, or ConnectionError where it does not answer."""
    try:
        connection = Celery(broker=url).connection_for_write(connect_timeout=PATIENCE)
    except (KeyError, ValueError, ImportError) as error:
        raise WrongAddress(str(error)) from error
    with connection:
        shown = str(connection.as_uri())
        try:
            connection.ensure_connection(max_retries=1, timeout=PATIENCE)
        except (OperationalError, OSError, ImportError) as error:
            raise ConnectionError(f"{shown} does not answer: {error}") from error
    return shown
