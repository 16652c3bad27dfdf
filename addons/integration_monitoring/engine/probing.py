"""Scheduled probes of partners' endpoints: whether they can be reached, also when nothing is sent.

A probe opens a connection to the address of an interface, or asks for a page at it, over the same
guards as messages: checked addresses, TLS, no redirects. It carries no message, so a partner cannot
take it for one. Probes run beside each other, and no transaction is open meanwhile but the cron's.
"""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import errors, net_guard
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest
from odoo.addons.integration_core.tools.tls import TlsOptions, context_for

from .deadman import USER_AGENT
from .rollup_rows import moment

_logger = logging.getLogger(__name__)
#: Probes at once; seconds that each may take.
AT_ONCE, SECONDS = 32, 10.0
#: Probes of one run: when nobody answers it takes a minute, and is not stopped as too slow.
MOST = 160
_SECURE = ("https", "mllps")
#: X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
_HAS_EXPIRED = 10
_PORTS = {"http": 80, "https": 443, "mllp": 2575, "mllps": 2575}
_client = HttpClient()


@dataclass(frozen=True)
class Target:
    """What is probed.

    :param kind: ``connect``: a connection, over TLS where the address says so; ``request``: a
        request whose answer says by its status that the service is up.
    :param tls: the authorities that messages to this address trust, and our certificate
    :param looks_at_certificate: whether a request is to be preceded by a look at the certificate
    """

    id: int
    kind: str
    url: str = field(repr=False)
    method: str = "HEAD"
    networks: tuple[net_guard.Network, ...] = ()
    tls: TlsOptions = field(default_factory=TlsOptions, repr=False)
    looks_at_certificate: bool = True


@dataclass(frozen=True)
class Outcome:
    """How a probe ended.

    :param code: machine code of the failure; empty: the partner answered.
    :param text: the failure for a person; repeats neither address nor answer.
    :param certificate_ends: when the partner's certificate ends, in seconds since 1970; ``None``:
        it was not seen.
    """

    id: int
    milliseconds: int
    code: str = ""
    text: str = ""
    certificate_ends: int | None = None


def run(registry: Registry) -> int:
    """Probe what is due; return how many were."""
    with own_cursor(registry) as cr:
        if arming.is_held(cr):
            return 0  # a copy calls nobody
        due = _claim(cr)
        env = api.Environment(cr, SUPERUSER_ID, {})
        targets = env["integration.probe"].browse(due)._targets()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in as_completed([pool.submit(attempt, target) for target in targets]):
            # Each as it ends: what is known is kept if the process is stopped.
            with own_cursor(registry) as cr:
                keep(cr, done.result())
    return len(targets)


def _claim(cr: BaseCursor) -> list[int]:
    """Those whose time has come, which are nobody else's for this interval."""
    now = moment(time.time())
    cr.execute(
        """
        UPDATE integration_probe p
           SET next_at = %(now)s + p.every_minutes * interval '1 minute' - interval '5 seconds'
         WHERE p.id IN (
               SELECT q.id FROM integration_probe q
                 JOIN integration_interface i ON i.id = q.interface_id
                WHERE q.active AND (q.next_at IS NULL OR q.next_at <= %(now)s)
                  AND i.active AND i.state IN ('active', 'deprecated')
                ORDER BY q.next_at NULLS FIRST, q.id LIMIT %(most)s
                  FOR UPDATE OF q SKIP LOCKED)
        RETURNING p.id
        """,
        {"now": now, "most": MOST},
    )
    return sorted(row[0] for row in cr.fetchall())


def attempt(target: Target) -> Outcome:
    """Probe one target; never raises."""
    begun = time.monotonic()
    code = text = ""
    ends = None
    try:
        if target.kind == "connect" or (target.looks_at_certificate and _is_secure(target.url)):
            ends = _connect(target)
        if target.kind == "request":
            begun = time.monotonic()
            _request(target)
    except errors.IntegrationError as exc:
        code, text = exc.code or "failed", exc.message
    except Exception as exc:  # whatever libraries raise: one probe must not end the others
        code, text = "failed", type(exc).__name__
    return Outcome(target.id, round((time.monotonic() - begun) * 1000), code, text, ends)


def place(url: str) -> tuple[str, int]:
    """The server behind an address: host and port."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def _is_secure(url: str) -> bool:
    return urlsplit(url).scheme in _SECURE


def _request(target: Target) -> None:
    answer = _client.send(
        HttpRequest(
            target.method,
            target.url,
            {"user-agent": USER_AGENT},
            max_response_bytes=65_536,
            allowed_networks=target.networks,
            allow_plaintext=net_guard.stays_on_this_machine(target.url),
            tls=target.tls,
            connect_timeout=SECONDS / 2,
            read_timeout=SECONDS,
            total_timeout=SECONDS,
        )
    )
    # Without a login or a body a service may refuse us, and is up all the same.
    if answer.status >= 500:
        raise errors.TransientError(
            f"The partner answered HTTP {answer.status}.", code=f"http_{answer.status}"
        )


def _connect(target: Target) -> int | None:
    """Open a connection, and over TLS finish the handshake: that is when a server is there.

    :return: when its certificate ends
    """
    parts = urlsplit(target.url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    addresses = net_guard.resolve_checked(host, port, target.networks)
    try:
        with _first_that_answers(addresses, port) as plain:
            return _handshake(plain, host, target.tls) if _is_secure(target.url) else None
    except ssl.SSLCertVerificationError as exc:
        if exc.verify_code == _HAS_EXPIRED:
            raise errors.TransientError(
                "The certificate of the partner has ended.", code="certificate_ended"
            ) from None
        raise errors.TransientError(
            "The certificate of the partner is not valid.", code="certificate"
        ) from None
    except ssl.SSLError as exc:
        # An alert is an answer: it wants a certificate of ours, or another version.
        if "ALERT" not in (exc.reason or ""):
            raise errors.TransientError("The partner does not speak TLS.", code="tls") from None
    except TimeoutError:
        raise errors.TransientError("The partner does not answer.", code="timeout") from None
    except OSError:
        raise errors.TransientError("The partner refuses connections.", code="refused") from None
    return None


def _first_that_answers(addresses: Sequence[str], port: int) -> socket.socket:
    """A connection to the first address that takes one, as messages have it.

    :raises OSError: none does
    """
    until = time.monotonic() + SECONDS
    last: OSError = TimeoutError()
    for number, address in enumerate(addresses):
        left = (until - time.monotonic()) / (len(addresses) - number)
        if left <= 0:
            break
        try:
            found = socket.create_connection((address, port), timeout=left)
        except OSError as exc:
            last = exc
            continue
        found.settimeout(SECONDS)
        return found
    raise last


def _handshake(plain: socket.socket, host: str, tls: TlsOptions) -> int | None:
    with context_for(tls).wrap_socket(plain, server_hostname=host) as secured:
        certificate = secured.getpeercert() or {}
    ends = certificate.get("notAfter")
    return int(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None


def keep(cr: BaseCursor, outcome: Outcome) -> None:
    """Store how a probe ended."""
    cr.execute(
        """
        UPDATE integration_probe
           SET state = CASE WHEN %(code)s = '' THEN 'ok' ELSE 'failing' END,
               tried_at = %(now)s, milliseconds = %(milliseconds)s,
               code = nullif(%(code)s, ''), error = nullif(%(text)s, ''),
               failures = CASE WHEN %(code)s = '' THEN 0 ELSE coalesce(failures, 0) + 1 END,
               failing_since = CASE WHEN %(code)s = '' THEN NULL
                                    ELSE coalesce(failing_since, %(now)s) END,
               success_at = CASE WHEN %(code)s = '' THEN %(now)s ELSE success_at END,
               certificate_ends_at = coalesce(%(ends)s::timestamp, certificate_ends_at),
               certificate_seen_at = CASE WHEN %(ends)s::timestamp IS NULL THEN certificate_seen_at
                                          ELSE %(now)s END
         WHERE id = %(id)s
        """,
        {
            "id": outcome.id,
            "now": moment(time.time()),
            "milliseconds": outcome.milliseconds,
            "code": outcome.code,
            "text": outcome.text,
            "ends": outcome.certificate_ends and moment(outcome.certificate_ends),
        },
    )


def readings(cr: BaseCursor, now: float) -> Mapping[int, tuple[int, int, str]]:
    """Of each probed interface: successive failures, seconds since the first, and the code.

    Of several probes the worst one counts.
    """
    cr.execute(
        """
        SELECT DISTINCT ON (interface_id) interface_id, coalesce(failures, 0),
               coalesce(extract(epoch FROM %s::timestamp - failing_since), 0)::int,
               coalesce(code, '')
          FROM integration_probe WHERE active AND tried_at IS NOT NULL
         ORDER BY interface_id, failures DESC NULLS LAST
        """,
        [moment(now)],
    )
    return {row[0]: row[1:] for row in cr.fetchall()}


def certificates(cr: BaseCursor, now: float) -> Mapping[int, float]:
    """Of each probed interface: seconds until the first certificate of its partner ends.

    What was seen long ago does not count: the partner may not have it any more.
    """
    cr.execute(
        """
        SELECT interface_id,
               min(extract(epoch FROM certificate_ends_at - %s::timestamp))::float8
          FROM integration_probe
         WHERE active AND certificate_ends_at IS NOT NULL
           AND certificate_seen_at > %s::timestamp - interval '3 days'
         GROUP BY interface_id
        """,
        [moment(now), moment(now)],
    )
    return dict(cr.fetchall())
