"""Outbound signs of life: a request each few minutes, whose absence is noticed elsewhere.

Sent over the suite's own HTTP client: over TLS, to a checked address, without redirects. No
transaction is open meanwhile but the cron's own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import errors, net_guard
from odoo.addons.integration_core.tools.http_auth import ApiKey, Basic, Bearer
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest

from ..tools.sign_of_life import NEEDED, Part, withheld
from .rollup_rows import moment

_logger = logging.getLogger(__name__)

#: Seconds before its time that one is sent: the action of a minute begins a little earlier or
#: later, and the run after it would be too late for whoever waits.
EARLY: Final = 15
#: A watcher that does not answer in this time has not heard us; in seconds.
TIMEOUTS: Final = {"connect_timeout": 5.0, "read_timeout": 10.0, "total_timeout": 15.0}
USER_AGENT: Final = "Odoo-Integration-Suite/1.0"
#: Kinds of credentials that are a header of a request.
CREDENTIALS: Final = ("basic", "bearer", "header")

# One client a process.
_client = HttpClient()


@dataclass(frozen=True)
class Ping:
    """One request."""

    id: int
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    networks: tuple[net_guard.Network, ...] = ()


def parts(cr: BaseCursor) -> list[Part]:
    """The parts that a sign of life depends on, as they were last seen."""
    cr.execute(
        """
        SELECT kind, extract(epoch FROM (now() AT TIME ZONE 'UTC') - beat_at)::float8, every
          FROM integration_heartbeat WHERE kind = ANY(%s)
        """,
        [list(NEEDED)],
    )
    return [Part(*row) for row in cr.fetchall()]


def reason(cr: BaseCursor) -> str | None:
    """Why the suite gives no sign of life now; ``None``: it works."""
    return withheld(parts(cr), arming.is_held(cr))


def run(registry: Registry) -> int:
    """Send what is due; return how many were sent or withheld."""
    with own_cursor(registry) as cr:
        due = _claim(cr)
        why = reason(cr) if due else None
    for deadman_id in due:
        _one(registry, deadman_id, why)
    return len(due)


def _claim(cr: BaseCursor) -> list[int]:
    """Those whose time has come, which are nobody else's for this interval."""
    present = time.time()
    cr.execute(
        """
        UPDATE integration_deadman d
           SET next_at = %(now)s + d.every_minutes * interval '1 minute', tried_at = %(now)s
         WHERE id IN (
               SELECT id FROM integration_deadman
                WHERE active AND (next_at IS NULL OR next_at <= %(until)s)
                  FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        {"now": moment(present), "until": moment(present + EARLY)},
    )
    return sorted(row[0] for row in cr.fetchall())


def _one(registry: Registry, deadman_id: int, why: str | None) -> None:
    if why is not None:
        keep(registry, deadman_id, "withheld", why)
        return
    try:
        with own_cursor(registry) as cr:
            record = api.Environment(cr, SUPERUSER_ID, {})["integration.deadman"].browse(deadman_id)
            wanted = record._ping()
        send(wanted)
    except errors.IntegrationError as exc:
        keep(registry, deadman_id, "failing", exc.code, exc.message)
    except Exception as exc:  # whatever is wrong with one: those who wait for the others shall not
        # The type alone: the text may quote the address.
        _logger.error("Sign of life %s could not be sent: %s", deadman_id, type(exc).__name__)
        keep(registry, deadman_id, "failing", "unexpected", f"Unexpected: {type(exc).__name__}")
    else:
        keep(registry, deadman_id, "ok")


def send(wanted: Ping, client: HttpClient | None = None) -> None:
    """Send one sign of life.

    :raises errors.IntegrationError: it did not arrive; the text repeats neither address nor secret
    """
    request = HttpRequest(
        wanted.method,
        wanted.url,
        {"user-agent": USER_AGENT, **wanted.headers},
        max_response_bytes=4096,
        allowed_networks=wanted.networks,
        allow_plaintext=net_guard.stays_on_this_machine(wanted.url),
        **TIMEOUTS,
    )
    answer = (client or _client).send(request)
    if not 200 <= answer.status < 300:
        # A redirect is not followed: it may lead anywhere.
        raise errors.PermanentError(
            f"The other side answered HTTP {answer.status}.", code=f"http_{answer.status}"
        )


def headers(credential: Any) -> Mapping[str, str]:
    """The headers of a credential.

    :raises errors.ConfigurationError: it has none that is usable
    """
    if not credential:
        return {}
    proof = credential._proofs()[0]
    if not isinstance(proof, Basic | Bearer | ApiKey):
        raise errors.ConfigurationError(
            "Use a credential with a login, a bearer token or a key in a header."
        )
    return proof.headers()


def keep(registry: Registry, deadman_id: int, state: str, code: str = "", text: str = "") -> None:
    """Store how it went."""
    now = moment(time.time())
    with own_cursor(registry) as cr:
        cr.execute(
            """
            UPDATE integration_deadman
               SET state = %(state)s, reason = %(code)s, error = %(text)s,
                   success_at = CASE WHEN %(state)s = 'ok' THEN %(now)s ELSE success_at END,
                   failed_since = CASE WHEN %(state)s = 'ok' THEN NULL
                                       ELSE coalesce(failed_since, %(now)s) END
             WHERE id = %(id)s
            """,
            {
                "id": deadman_id,
                "state": state,
                "code": code or None,
                "text": text or None,
                "now": now,
            },
        )
    if state == "failing":
        _logger.warning("Sign of life %s did not arrive: %s", deadman_id, code)
