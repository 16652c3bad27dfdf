"""Rules for every test that runs inside Odoo.

pytest-odoo starts no test runner of Odoo's, so that what Odoo's runner watches over is
watched over here.
"""

import logging

import pytest

import odoo.tests
from odoo.tests import HttpCase, common

from odoo.addons.mail.models.mail_activity import MailActivity


def _without_invitation(make):
    """Odoo's helper, without the mail that invites a new user: it is half of the work."""

    def new_test_user(env, login="", groups="base.group_user", context=None, **values):
        context = {"no_reset_password": True, **(context or {})}
        return make(env, login, groups, context, **values).with_env(env)

    return new_test_user


# Here, because what is below imports it by its name.
odoo.tests.new_test_user = common.new_test_user = _without_invitation(common.new_test_user)

# Nor with the mail that tells somebody of a task: the task is what tests look for, and the mail is
# a fifth of the work wherever something is submitted.
MailActivity.action_notify = lambda _activities: None


class _Errors(logging.Handler):
    """Keeps the text of every record that it gets."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.texts = []

    def emit(self, record):
        # A browser's errors fail its tour by themselves; one may still come from the page that
        # is being left when the tour has already succeeded.
        if not record.name.endswith(".browser"):
            self.texts.append(f"{record.name}: {record.getMessage()}")


def pytest_collection_modifyitems(items):
    """Mark the tests that need the HTTP server, for the totals of ``make test``."""
    for item in items:
        if item.cls and issubclass(item.cls, HttpCase):
            item.user_properties.append(("http_case", "yes"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail a test during which Odoo logged an error, as Odoo's own test runner does.

    A test that provokes one says so with ``assertLogs`` or ``mute_logger``: both keep the
    record from getting here.
    """
    errors = _Errors()
    logger = logging.getLogger("odoo")
    logger.addHandler(errors)
    try:
        result = yield
    finally:
        logger.removeHandler(errors)
    if errors.texts:
        pytest.fail("Odoo logged errors:\n" + "\n".join(errors.texts), pytrace=False)
    return result
