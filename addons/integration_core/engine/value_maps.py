"""Value maps in memory, read again only after a change of them.

Every drain asks for its maps once a second; reading a large one takes a noticeable part of that.
"""

from __future__ import annotations

from collections import OrderedDict

from odoo import api
from odoo.models import BaseModel

from ..tools.value_maps import ValueMapSet

# Mappings whose maps are kept by a process.
KEPT = 32

_Versions = tuple[tuple[int, str, str], ...]
_sets: OrderedDict[tuple[str, tuple[int, ...]], tuple[_Versions, ValueMapSet]] = OrderedDict()


def loaded(value_maps: BaseModel) -> ValueMapSet:
    """The confirmed values of these maps as the transaction sees them."""
    key = (value_maps.env.cr.dbname, tuple(sorted(value_maps.ids)))
    versions = _versions(value_maps)
    known = _sets.get(key)
    if known and known[0] == versions:
        return known[1]
    found = ValueMapSet(value_maps._entries())
    _sets[key] = (versions, found)
    _sets.move_to_end(key)
    while len(_sets) > KEPT:
        _sets.popitem(last=False)
    return found


def state(env: api.Environment) -> str:
    """Changes whenever a value map or one of its lines does, as the transaction sees them."""
    env.cr.execute(
        "SELECT coalesce(string_agg(concat(id, xmin, ctid), ' ' ORDER BY id), '') "
        "FROM integration_value_map"
    )
    return env.cr.fetchone()[0]


def _versions(value_maps: BaseModel) -> _Versions:
    """Every change of a map or of its lines writes the row of the map (``_touch``), and each write
    makes another row version, which transaction and place identify."""
    env = value_maps.env
    env["integration.value.map"].flush_model()
    env["integration.value.map.line"].flush_model()
    env.cr.execute(
        "SELECT id, xmin::text, ctid::text FROM integration_value_map WHERE id = ANY(%s) "
        "ORDER BY id",
        [value_maps.ids],
    )
    return tuple(env.cr.fetchall())
