"""A general order that replaces another one names no item of it: it was asked for one.

Interfaces stay with the version that was approved for them, until somebody lets them use the new
one. What people changed of the mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

NAME = "integration_ehr_supply.mapping_hl7_general_order"
_REPLACES = "lookup('hl7_requisition_action', item.ORC[0].f1[0].c1) == 'replace'"
_CANCELS = (
    "contains(['cancel', 'discontinue'], lookup('hl7_requisition_action', item.ORC[0].f1[0].c1))"
)


def _text(absent):
    asked = f"!({_CANCELS} || ({_REPLACES} && {absent}))"
    return (
        f"    || ({asked} && required(`null`, 'RQD-2, RQD-3 or RQD-4 (item)') || `null`),\n"
        f"  quantity: {asked} && decimal(trim(\n"
        "    required(item.RQD[0].f5[0].c1, 'RQD-5 (quantity)')\n"
        "  )) || `null`,\n"
        f"  unit: {asked} && lookup("
    )


#: In JMESPath the first one asks for a member of a truth value: it is never there.
OLD, NEW = _text("!item.RQD"), _text("!(item.RQD)")


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    mapping = env.ref(NAME, raise_if_not_found=False)
    if not mapping or mapping.state != "approved" or not _is_as_shipped(mapping):
        return
    made = mapping.browse(mapping.action_new_version()["res_id"])
    section = _section(made)
    section.expression = section.expression.replace(OLD, NEW)
    made.action_submit()
    made.action_approve()
    module, _dot, name = NAME.partition(".")
    # What the name means from now on.
    cr.execute(
        "UPDATE ir_model_data SET res_id = %s WHERE module = %s AND name = %s",
        (made.id, module, name),
    )
    env.registry.clear_cache()


def _section(mapping):
    return mapping.section_ids.filtered(lambda one: OLD in (one.expression or ""))


def _is_as_shipped(mapping):
    """Whether it has what is to be replaced, and nobody has made another version of it."""
    later = mapping.with_context(active_test=False).search([("previous_id", "=", mapping.id)])
    found = _section(mapping)
    return not later and len(found) == 1 and found.expression.count(OLD) == 1
