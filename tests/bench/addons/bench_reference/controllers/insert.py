from odoo import http
from odoo.http import request


class InsertController(http.Controller):
    """The least that a controller can do to keep a body: one INSERT, committed by Odoo."""

    @http.route(
        "/bench/insert",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        readonly=False,
        save_session=False,
    )
    def insert(self):
        """Store the body as it came and answer 202."""
        body = request.httprequest.get_data()
        request.env.cr.execute("INSERT INTO bench_body (body) VALUES (%s)", [body.decode()])
        return http.Response(status=202)
