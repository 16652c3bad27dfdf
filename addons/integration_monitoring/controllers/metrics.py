import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.integration_core.controllers.arrival import source
from odoo.addons.integration_core.controllers.dispatcher import with_signature
from odoo.addons.integration_core.controllers.problem import Problem, response
from odoo.addons.integration_core.engine import security_events
from odoo.addons.integration_core.tools.rate import KeyedLimiter

from ..engine import metric_readings
from ..tools.metric_families import exposition

#: Requests a second and at once from one address, in each worker: a scrape comes every few seconds.
RATE, BURST = 2.0, 20.0
_BEARER = "bearer "
_limiter = KeyedLimiter(1000)


class MetricsController(http.Controller):
    """What monitoring systems read."""

    @http.route(
        "/integration/metrics",
        type="integration",
        auth="none",
        methods=["GET"],
        readonly=False,  # auth none is read-only by default, and the use of a token is noted
        save_session=False,
    )
    @with_signature
    def metrics(self):
        """How all interfaces do, for whoever shows a token (RFC 6750, 2.1)."""
        try:
            _limit()
            token = _token()
        except Problem as problem:
            security_events.refused(problem.status, "metrics", source(), request.db or "")
            return response(problem)
        readings = metric_readings.read(token.env, token.company_ids.ids)
        body, content_type = exposition(readings, request.httprequest.headers.get("Accept", ""))
        return http.Response(
            body,
            headers=[
                ("Content-Type", content_type),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def _limit():
    """Whoever guesses tokens, or scrapes in a loop, waits.

    :raises Problem: 429
    """
    delay = _limiter.take(f"{request.db}/{source()}", RATE, BURST, time.monotonic())
    if delay:
        raise Problem(429, retry_after=delay)


def _token():
    """The token of the request.

    :raises Problem: 401, with nothing about what was wrong with it
    """
    given = request.httprequest.headers.get("Authorization", "")
    plain = given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""
    # No user is known: the token decides what is told.
    env = request.env(user=SUPERUSER_ID)
    token = env["integration.metrics.token"]._admitted(plain) if plain else None
    if not token:
        raise Problem(401, headers=(("WWW-Authenticate", 'Bearer realm="integration metrics"'),))
    return token
