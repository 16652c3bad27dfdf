from odoo import api, fields, models


class IntegrationRecordLink(models.Model):
    """When the newest of master data was said: what is older changes nothing."""

    _inherit = "integration.record.link"

    newest = fields.Char(
        string="Newest message",
        readonly=True,
        copy=False,
        help="When the newest of what the system said of the record under this identifier was "
        "said, and its place among all messages that arrived: what is older does not change the "
        "record. Empty where the system says no master data.",
    )

    @api.model
    def _newest_of(self, system_id, records):
        """When the newest of what a system said of records was said, by whatever identifiers.

        :return: ``{record id: tick}`` (:mod:`..tools.ticks`) of those of which something was said
        """
        if not records:
            return {}
        self.flush_model(["system_id", "res_model", "res_id", "newest"])
        self.env.cr.execute(
            """
            SELECT res_id, max(newest COLLATE "C") FROM integration_record_link
             WHERE system_id = %s AND res_model = %s AND res_id = ANY(%s) AND newest IS NOT NULL
             GROUP BY res_id
            """,
            [system_id, records._name, records.ids],
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _remember_newest(self, system_id, model, ticks):
        """Remember when a system said something; where something newer is known, that stays.

        Of two transactions that hear of one identifier at once, the second one fails with a
        serialization error and is run again: then it knows what the first one heard.

        :param ticks: ``{identifier: tick}``
        """
        if not ticks:
            return
        self.flush_model(["system_id", "res_model", "external_id", "newest"])
        self.env.cr.execute(
            """
            UPDATE integration_record_link l SET newest = v.newest
              FROM unnest(%s::varchar[], %s::varchar[]) v(external_id, newest)
             WHERE l.system_id = %s AND l.res_model = %s AND l.external_id = v.external_id
               AND (l.newest IS NULL OR l.newest COLLATE "C" < v.newest)
            """,
            [[key.strip() for key in ticks], list(ticks.values()), system_id, model],
        )
        self.invalidate_model(["newest"], flush=False)
