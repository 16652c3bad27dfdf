"""Maintenance windows that are not over, and which of them an incident falls into."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

from ..tools.maintenance import Window, muted_until
from .rollup_rows import moment


class Windows:
    """The windows that are not over.

    :param now: seconds since 1970.
    """

    def __init__(self, env: api.Environment, now: int) -> None:
        self._env = env
        self._now = now
        found = env["integration.maintenance"].search([("end_at", ">", moment(now))])
        self._windows = [(one, one._window()) for one in found]

    def over(self, incident: BaseModel) -> BaseModel | None:
        """The window that mutes an incident now, if there is one."""
        for one, window in self._of(incident):
            if window.covers(self._now, incident.system_id.id, incident.interface_id.id):
                return one
        return None

    def until(self, incident: BaseModel) -> int | None:
        """Until when nothing is told of an incident; windows without a gap are one."""
        windows = [window for _one, window in self._of(incident)]
        return muted_until(windows, self._now, incident.system_id.id, incident.interface_id.id)

    def _of(self, incident: BaseModel) -> list[tuple[BaseModel, Window]]:
        return [
            (one, window)
            for one, window in self._windows
            if not one.company_id or one.company_id == incident.company_id
        ]
