"""What our own set-up lacks: found before messages are claimed, so that none is spent on it.

A credential that has expired or a key that is missing concerns every message of an interface.
They stay queued, the interface says why, its owner gets one task, and the drain looks again from
time to time: what was mended resumes by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import data_classes, errors
from . import keys
from .cursors import own_cursor

_logger = logging.getLogger(__name__)

# How long nothing is claimed after an obstacle; its removal wakes the lane at once where it can.
AGAIN_SECONDS = 20.0
# While nothing stands in the way a drain looks so often.
FRESH_SECONDS = 1.0


def find(interface: BaseModel) -> errors.IntegrationError | None:
    """What keeps ``interface`` from working at all, or ``None``."""
    try:
        if interface.data_class in data_classes.PRIVATE:
            keys.require(interface.env.cr)
        if interface.direction == "outbound":
            for credential in interface._sending_credentials():
                # sudo: the drain runs as superuser anyway; what is opened here is dropped at once
                credential.sudo()._proofs()
    except errors.IntegrationError as exc:
        return exc
    return None


class _Met:
    """What this process met on the way to partners, so that its drains do not all knock there.

    A drain ends at an obstacle, and the next event starts another one at once. Whoever changes the
    interface or what it proves itself with has perhaps mended it: then nobody waits.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], tuple[float, Hashable]] = {}

    def note(self, interface: BaseModel) -> None:
        until = time.monotonic() + AGAIN_SECONDS
        self._until[_key(interface)] = until, _set_up(interface)

    def left(self, interface: BaseModel) -> float:
        """Seconds for which there is no sense in trying."""
        until, known = self._until.get(_key(interface), (0.0, None))
        left = until - time.monotonic()
        return left if left > 0 and known == _set_up(interface) else 0.0


def _key(interface: BaseModel) -> tuple[str, int]:
    return interface.env.cr.dbname, interface.id


def _set_up(interface: BaseModel) -> Hashable:
    """Another one after each change of the interface or of a secret that it sends with."""
    # sudo: the drain runs as superuser anyway
    credentials = interface.sudo()._sending_credentials()
    parts = (interface.sudo(), interface.sudo().policy_id, credentials, credentials.version_ids)
    return tuple((record.id, record.write_date) for part in parts for record in part)


_met = _Met()


def _tell(interface: BaseModel, act: Callable[[], None]) -> None:
    """What goes wrong in telling people must not undo the record of what was done."""
    try:
        with interface.env.cr.savepoint():
            act()
    except Exception:  # whatever hooks of mails and activities raise
        _logger.exception("What interface %s lacks could not be told", interface.id)


class Watch:
    """What one drain knows of obstacles. ``look_again`` is naive UTC, ``None`` without one."""

    def __init__(self) -> None:
        self.look_again: datetime | None = None
        self._clear_until = 0.0
        self._stood = False

    def found(self, interface: BaseModel) -> bool:
        """Whether something stands in the way now; tells people when that changes."""
        if self.look_again and datetime.now(UTC).replace(tzinfo=None) < self.look_again:
            return True
        if time.monotonic() < self._clear_until:
            return False
        error = find(interface)
        self._stood = bool(interface.blocked_reason)
        if error is None and (left := _met.left(interface)):
            self._wait(left)
            return True
        if error is None:
            self.look_again = None
            self._clear_until = time.monotonic() + FRESH_SECONDS
            return False
        self._wait()
        interface._set_obstacle(error.message)
        return True

    def met(self, cr: BaseCursor, interface_id: int, error: errors.IntegrationError) -> None:
        """Something was met after claiming that :func:`find` did not see."""
        self._wait()
        env = api.Environment(cr, SUPERUSER_ID, {})
        interface = env["integration.interface"].browse(interface_id)
        _tell(interface, lambda: interface._set_obstacle(error.message))
        if interface.direction == "outbound":
            _met.note(interface)

    def passes(self, seconds: float) -> None:
        """Something stands in the way that passes by itself, so nobody is told."""
        self._wait(seconds)

    def passed(self, cr: BaseCursor, interface_id: int) -> None:
        """Work was done, or there is none: what stood in the way is gone."""
        if self._stood and not self.look_again:
            self._stood = False
            env = api.Environment(cr, SUPERUSER_ID, {})
            interface = env["integration.interface"].browse(interface_id)
            _tell(interface, interface._clear_obstacle)

    def passed_apart(self, registry: Registry, interface_id: int) -> None:
        """As :meth:`passed`, on a connection of its own where something is to be written."""
        if self._stood and not self.look_again:
            with own_cursor(registry) as cr:
                self.passed(cr, interface_id)

    def _wait(self, seconds: float | None = None) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        self.look_again = now + timedelta(seconds=AGAIN_SECONDS if seconds is None else seconds)
