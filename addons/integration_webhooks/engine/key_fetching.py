"""Public keys that senders publish: fetched beside the door, never while it is waited for.

A request that meets a key which is not here leaves a note that it is wanted, and is asked to come
again. A cron fetches what is wanted, over the suite's HTTP client and with no transaction open, and
keeps it in ``integration.webhook.key``; the door finds it in the specification of its interface.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from odoo import api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest
from odoo.addons.integration_core.tools.net_guard import Network

_logger = logging.getLogger(__name__)

CRON = "integration_webhooks.ir_cron_fetch_keys"
#: A key set is fetched anew after so long; certificates stay what they are.
REFRESH = timedelta(hours=6)
#: A sender that names a key which is not in the set makes us look again, at most so often.
SOONEST = timedelta(minutes=1)
#: Keys of one interface that are kept or wanted at most: strangers may name any number of them.
MOST = 8
#: What senders publish is small.
MAX_BYTES = 256 * 1024
#: Of one run of the cron; what is left is fetched by the next.
BATCH = 20
#: What could not be fetched is forgotten after so long, so that it takes nobody's place.
FORGET = timedelta(minutes=10)

# One client a process: its pools keep connections open between runs.
_client = HttpClient()


@dataclass(frozen=True)
class Wanted:
    """One document to fetch.

    :param accept: takes what came and returns the text to keep; raises ValueError with a sentence
    """

    id: int
    url: str
    networks: tuple[Network, ...]
    allow_plaintext: bool
    timeouts: Mapping[str, float]
    accept: Callable[[bytes], str] = field(repr=False)


@dataclass(frozen=True)
class Fetched:
    """How it went: ``content`` or ``error``, a sentence without content."""

    id: int
    content: str | None
    error: str | None


def want(env: api.Environment, interface_id: int, kind: str, url: str) -> bool:
    """Note, in the transaction of a request, that a key is wanted; the cron runs after commit.

    :return: whether it is being fetched. It is not when the interface has, or waits for, as many
        keys as it may, or when it was tried a moment ago.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    env.cr.execute(
        """
        INSERT INTO integration_webhook_key AS known (interface_id, kind, url, wanted_at)
        SELECT %(interface)s, %(kind)s, %(url)s, %(now)s
         WHERE (SELECT count(*) FROM integration_webhook_key
                 WHERE interface_id = %(interface)s AND url <> %(url)s) < %(most)s
        ON CONFLICT (interface_id, kind, url) DO UPDATE SET wanted_at = EXCLUDED.wanted_at
         WHERE known.wanted_at IS NULL AND coalesce(known.tried_at, '-infinity') < %(before)s
        RETURNING id
        """,
        {
            "interface": interface_id,
            "kind": kind,
            "url": url,
            "now": now,
            "most": MOST,
            "before": now - SOONEST,
        },
    )
    if env.cr.fetchone():
        env.ref(CRON)._trigger()
        return True
    env.cr.execute(
        "SELECT wanted_at IS NOT NULL FROM integration_webhook_key "
        "WHERE interface_id = %s AND kind = %s AND url = %s",
        [interface_id, kind, url],
    )
    row = env.cr.fetchone()
    return bool(row and row[0])


def fetch(wanted: Wanted, client: HttpClient | None = None) -> Fetched:
    """Fetch one document. No transaction is open meanwhile; nothing is raised."""
    request = HttpRequest(
        "GET",
        wanted.url,
        {"accept": "application/json, application/x-pem-file, */*"},
        max_response_bytes=MAX_BYTES,
        allowed_networks=wanted.networks,
        allow_plaintext=wanted.allow_plaintext,
        **wanted.timeouts,
    )
    try:
        answer = (client or _client).send(request)
    except errors.IntegrationError as exc:
        return Fetched(wanted.id, None, exc.message)
    if answer.status != 200:
        return Fetched(wanted.id, None, f"The sender's server answered HTTP {answer.status}.")
    if answer.truncated:
        return Fetched(wanted.id, None, "What the sender's server answered is too long.")
    try:
        return Fetched(wanted.id, wanted.accept(answer.body), None)
    except ValueError as exc:
        return Fetched(wanted.id, None, str(exc))


def keep(cr: BaseCursor, fetched: Fetched) -> bool:
    """Store the outcome; return whether the door has to read keys anew.

    A failure leaves what was fetched before in use: the sender's server may be down for an hour.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    cr.execute(
        """
        UPDATE integration_webhook_key k
           SET tried_at = %(now)s, wanted_at = NULL, error = %(error)s,
               fetched_at = CASE WHEN %(content)s IS NULL THEN k.fetched_at ELSE %(now)s END,
               content = coalesce(%(content)s, k.content)
          FROM (SELECT id, content FROM integration_webhook_key WHERE id = %(id)s FOR UPDATE) old
         WHERE k.id = old.id
        RETURNING k.content IS DISTINCT FROM old.content
        """,
        {"id": fetched.id, "now": now, "error": fetched.error, "content": fetched.content},
    )
    row = cr.fetchone()
    return bool(row and row[0])


def forget_failed(cr: BaseCursor) -> None:
    """Remove what was named once and never could be fetched."""
    cr.execute(
        """
        DELETE FROM integration_webhook_key
         WHERE content IS NULL AND kind = 'certificate' AND wanted_at IS NULL AND tried_at < %s
        """,
        [datetime.now(UTC).replace(tzinfo=None) - FORGET],
    )


def run(records: BaseModel, wanted: list[Wanted]) -> None:
    """Fetch and keep what is wanted, each in a transaction of its own."""
    registry = records.env.registry
    changed = False
    for one in wanted:
        found = fetch(one)
        if found.error:
            _logger.warning("Public key %s of a webhook sender: %s", one.id, found.error)
        with own_cursor(registry) as cr:
            changed |= keep(cr, found)
    if changed:
        registry.clear_cache()
        registry.signal_changes()


def timeouts(policy: BaseModel) -> dict[str, Any]:
    """The deadlines of a policy, as arguments of a request."""
    return {
        "connect_timeout": policy.connect_timeout,
        "read_timeout": policy.read_timeout,
        "total_timeout": policy.total_timeout,
    }
