"""Fixtures for tests that need a database or a server. ``tests/conftest.py`` exports them."""

from collections.abc import Iterator

import pytest

from tests.harness.database import Database
from tests.harness.harness import Harness
from tests.harness.server import Server


@pytest.fixture(scope="session")
def harness() -> Harness:
    """The prepared machine; ask it for further databases."""
    return Harness.open()


@pytest.fixture(scope="module")
def database(harness: Harness) -> Iterator[Database]:
    """A database that the tests of one module share."""
    with harness.database() as database:
        yield database


@pytest.fixture(scope="module")
def server(database: Database) -> Iterator[Server]:
    """A server with two workers that the tests of one module share; it must log no error."""
    with database.server() as server:
        yield server
        errors = server.errors()
    assert not errors, "the server logged errors:\n" + "\n".join(errors)
