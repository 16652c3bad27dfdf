"""Fixtures of the tests that run beside Odoo, not inside it."""

from tests.harness.fixtures import database, harness, server

__all__ = ["database", "harness", "server"]
