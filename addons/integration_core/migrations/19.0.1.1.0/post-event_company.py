# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Events of documents without a company were listed for content viewers of every company."""

OLD_RULE = "['|', ('company_id', '=', False), ('company_id', 'in', company_ids)]"
NEW_RULE = (
    "['|', ('company_id', 'in', company_ids), "
    "'&', ('company_id', '=', False), ('acting_company_id', 'in', company_ids)]"
)


def migrate(cr, version):
    if not version:
        return
    # Only those of documents without a company: the rule asks about no others, and a large outbox
    # is not written anew. The company is that of new events; when nobody is known any more, that
    # of the database's first user, for whom everything ran that had no user.
    cr.execute(
        """
        UPDATE integration_event e
           SET acting_company_id = coalesce(
                   (SELECT company_id FROM integration_system WHERE id = e.cause_system_id),
                   (SELECT company_id FROM res_users WHERE id = e.user_id),
                   (SELECT company_id FROM res_users WHERE id = 1))
         WHERE company_id IS NULL AND acting_company_id IS NULL
        """
    )
    # Rules are not updated with the addon; one that an administrator changed stays as it is.
    cr.execute(
        """
        UPDATE ir_rule SET domain_force = %s
         WHERE domain_force = %s
           AND id = (SELECT res_id FROM ir_model_data
                      WHERE module = 'integration_core' AND name = 'rule_integration_event_company')
        """,
        [NEW_RULE, OLD_RULE],
    )
