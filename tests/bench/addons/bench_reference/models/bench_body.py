from odoo import fields, models


class BenchBody(models.Model):
    """The simplest table that can keep a body."""

    _name = "bench.body"
    _description = "Benchmark Body"
    _log_access = False

    body = fields.Text()
    message_type = fields.Char()
