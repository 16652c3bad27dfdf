"""Kinds of failure get titles in words; some had none, others began with a code."""

from odoo.addons.integration_monitoring.tools.group_titles import readable


def migrate(cr, version):
    """Write the titles of the kinds that are known already; new ones have theirs."""
    cr.execute(
        """
        SELECT id, coalesce(title, ''), coalesce(code, ''), coalesce(error_class, '')
          FROM integration_error_group
        """
    )
    for group_id, title, code, error_class in cr.fetchall():
        words = readable(title, code, error_class)
        if words != title:
            cr.execute(
                "UPDATE integration_error_group SET title = %s WHERE id = %s", [words, group_id]
            )
