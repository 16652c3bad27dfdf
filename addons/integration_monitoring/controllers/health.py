import json

import psycopg2

from odoo import http
from odoo.http import Response, request

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools.keyring import KeyRingError

PASS, FAIL = "pass", "fail"


class HealthController(http.Controller):
    """Answers load balancers and orchestrators: no login, and nothing that helps a stranger.

    Bodies follow the draft "Health Check Response Format for HTTP APIs". Without a database Odoo
    serves these routes only if this addon is in ``server_wide_modules``.
    """

    @http.route(
        "/integration/health/live",
        type="http",
        auth="none",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def live(self):
        """The process answers. It is not to be restarted because a database is away."""
        return _answer({})

    @http.route(
        "/integration/health/ready",
        type="http",
        auth="none",
        methods=["GET"],
        readonly=False,  # a read-only cursor is one of the replica, where there is one
        save_session=False,
    )
    def ready(self):
        """This server may be sent requests: it can store what it accepts, and read its keys."""
        return _answer({"database": _writable(), "key_ring": _readable_keys()})


def _writable() -> bool:
    """Whether what is accepted can be stored: the database is there, and no standby."""
    if not request.db:
        return False
    try:
        request.env.cr.execute(
            "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only')"
            " = 'off'"
        )
        return bool(request.env.cr.fetchone()[0])
    except psycopg2.Error:
        return False


def _readable_keys() -> bool:
    """Whether the key ring can be read, if one is configured."""
    try:
        settings.optional_key_ring()
    except KeyRingError:
        return False
    return True


def _answer(checks: dict[str, bool]) -> Response:
    passed = all(checks.values())
    body: dict[str, object] = {"status": PASS if passed else FAIL}
    if checks:
        body["checks"] = {name: PASS if ok else FAIL for name, ok in checks.items()}
    return Response(
        json.dumps(body),
        status=200 if passed else 503,
        headers=[("Content-Type", "application/health+json"), ("Cache-Control", "no-store")],
    )
