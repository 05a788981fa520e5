"""The Trytons that tests talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.tryton.backends import Doubled, Real, doubled, real


@pytest.fixture(scope="session")
def real_tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A running trytond 8.2; skipped, with the reason, where it cannot be installed."""
    with real(tmp_path_factory.mktemp("tryton")) as backend:
        yield backend


@pytest.fixture(scope="session")
def double_tryton() -> Iterator[Doubled]:
    with doubled() as backend:
        yield backend
