from hashlib import sha256

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ..tools.jwks import CONTENT_TYPE

# Seconds for which a partner may keep the set. The next key is published long before it is used.
MAX_AGE = 300


class KeySets(http.Controller):
    """Public keys for partners: no login, and nothing that is not public."""

    @http.route(
        "/integration/jwks/<string:public_id>.json",
        type="http",
        auth="none",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=True,
    )
    def key_set(self, public_id):
        """The key set of one interface; an unknown name and an interface without keys are alike."""
        env = request.env(user=SUPERUSER_ID)
        interface = env["integration.interface"].search([("public_id", "=", public_id)], limit=1)
        body = interface._key_set() if interface else None
        if body is None:
            return Response("", status=404, headers=[("Cache-Control", "no-store")])
        answer = Response(
            body,
            headers=[
                ("Content-Type", CONTENT_TYPE),
                ("Cache-Control", f"public, max-age={MAX_AGE}"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        answer.set_etag(sha256(body).hexdigest()[:32])
        answer.make_conditional(request.httprequest.environ)
        return answer
