from datetime import UTC, datetime

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_webhooks.tools import answers
from odoo.addons.integration_webhooks.tools.answers import Fault

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def answer(status, **headers):
    return HttpResponse(status, headers, b"", False, 0.1, "192.0.2.1")


class TestRefusal(BaseCase):
    """What an HTTP answer means for the message."""

    def test_classes(self):
        expected = {
            200: None,
            202: None,
            299: None,
            300: "permanent",
            302: "permanent",
            308: "permanent",
            400: "permanent",
            401: "transient",
            403: "transient",
            404: "transient",
            405: "permanent",
            408: "transient",
            409: "permanent",
            410: "permanent",
            413: "permanent",
            415: "permanent",
            421: "transient",
            422: "permanent",
            425: "transient",
            429: "throttled",
            499: "permanent",
            500: "transient",
            501: "transient",
            502: "throttled",
            503: "throttled",
            504: "throttled",
            599: "transient",
        }
        for status, error_class in expected.items():
            with self.subTest(status):
                error = answers.refusal(answer(status), NOW)
                self.assertEqual(error and str(error.error_class), error_class)
                if error:
                    self.assertEqual(error.code, f"http_{status}")
                    self.assertIn(str(status), error.message)

    def test_gone(self):
        error = answers.refusal(answer(410), NOW)
        self.assertIsInstance(error, answers.GoneError)
        self.assertNotIsInstance(answers.refusal(answer(404), NOW), answers.GoneError)

    def test_retry_after(self):
        for text, seconds in (
            ("120", 120),
            ("Sun, 22 Nov 2026 10:02:00 GMT", 120),
            ("soon", None),
            (None, None),
        ):
            headers = {"retry-after": text} if text else {}
            for status in (429, 502, 503, 504):
                error = answers.refusal(answer(status, **headers), NOW)
                self.assertEqual(error.retry_after, seconds)


class TestFault(BaseCase):
    """Who has to act on a dead letter."""

    def test_answers(self):
        own = {300, 302, 307, 308, 400, 401, 402, 403, 404, 405, 406, 409, 411, 413, 414, 415}
        own |= {417, 422, 426, 428, 431, 451, 499}
        partner = {408, 410, 421, 425, 429, 500, 501, 502, 503, 504, 505, 599}
        for status in own | partner:
            with self.subTest(status):
                error = answers.refusal(answer(status), NOW)
                found = answers.fault(error.error_class, error.code)
                self.assertIs(found, Fault.OWN if status in own else Fault.PARTNER)

    def test_no_answer(self):
        for error, expected in (
            (errors.TransientError("x", code="connect_failed"), Fault.PARTNER),
            (errors.TransientError("x", code="connect_timeout"), Fault.PARTNER),
            (errors.TransientError("x", code="dns_failed"), Fault.PARTNER),
            (errors.TransientError("x", code="tls_certificate"), Fault.PARTNER),
            (errors.UnknownOutcomeError("x", code="response_timeout"), Fault.PARTNER),
            (errors.UnknownOutcomeError("x", code="bad_response"), Fault.PARTNER),
            (errors.TransientError("x", code="token_failed"), Fault.PARTNER),
            (errors.ThrottledError("x"), Fault.PARTNER),
            (errors.TransientError("x", code="proxy_refused"), Fault.OWN),
            (errors.TransientError("x", code="worker_lost"), Fault.OWN),
            (errors.TransientError("x", code="internal_error"), Fault.OWN),
            (errors.PermanentError("x", code="event_missing"), Fault.OWN),
            (errors.ConfigurationError("x", code="address_refused"), Fault.OWN),
            (errors.ContractError("x"), Fault.OWN),
            (errors.MappingError("x"), Fault.OWN),
            (errors.ConflictError("x", code="causation_depth"), Fault.OWN),
        ):
            with self.subTest(error.code):
                self.assertIs(answers.fault(str(error.error_class), error.code), expected)

    def test_what_speaks_of_the_endpoint(self):
        for status in range(300, 600):
            error = answers.refusal(answer(status), NOW)
            said = answers.speaks_of_endpoint(error)
            ours = 400 <= status < 500 and status not in {401, 403, 404, 408, 410, 421, 425, 429}
            self.assertIs(said, not ours, status)
        for error, expected in (
            (errors.TransientError("x", code="connect_failed"), True),
            (errors.UnknownOutcomeError("x", code="response_timeout"), True),
            (errors.TransientError("x", code="proxy_failed"), False),
            (errors.TransientError("x", code="internal_error"), False),
            (errors.PermanentError("x", code="event_missing"), False),
            (errors.MappingError("x"), False),
            (errors.ConfigurationError("x"), False),
        ):
            self.assertIs(answers.speaks_of_endpoint(error), expected, error.code)
