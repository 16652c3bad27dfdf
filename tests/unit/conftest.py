"""Property tests of the pure tools: no Odoo, no database."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.unit.load_core import load_tools

load_tools()

# Machines that run the tests are small and busy: an example may be slow without being wrong.
settings.register_profile("suite", deadline=None, max_examples=100, derandomize=True, database=None)
settings.load_profile("suite")


@pytest.fixture
def client() -> Iterator[Any]:
    """An HTTP client of a test's own."""
    from core_tools.http_client import HttpClient

    client = HttpClient()
    yield client
    client.close()
