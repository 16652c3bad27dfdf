"""Where FHIR is posted to an interface that only shows: searches by POST, nothing else.

The controller of what arrives over FHIR takes the place of this one.
"""

from odoo import http
from odoo.http import request

from odoo.addons.integration_core.controllers import door

from . import fhir_facade


class FhirPostController(http.Controller):
    """POST and PUT, as long as nothing is taken."""

    @http.route(
        ["/integration/fhir/<string:token>", "/integration/fhir/<string:token>/<path:path>"],
        type="integration_fhir",
        auth="none",
        methods=["POST", "PUT"],
        readonly=False,
        save_session=False,
        max_content_length=door.READ_LIMIT,
    )
    def post(self, token, path=""):
        """Answer a search, refuse all else."""
        if request.httprequest.method == "POST" and path.endswith("/_search"):
            return fhir_facade.search_by_post(token, path)
        return fhir_facade.refuse_write(token)
