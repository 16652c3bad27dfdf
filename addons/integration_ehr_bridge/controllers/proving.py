"""How a partner proves itself at the doors of clinical systems; see :mod:`..tools.http_proof`."""

from odoo.addons.integration_core.controllers import arrival as arrivals
from odoo.addons.integration_core.controllers.problem import Problem
from odoo.addons.integration_core.engine import settings

from ..tools import http_proof
from ..tools.http_proof import Proof, Secret


def authenticate(
    proof: Proof | None, realm: str, arrival: arrivals.Arrival, opened
) -> arrivals.Delivery:
    """Verify the proof. The sender is never told what was wrong with it.

    :param proof: what the interface asks for; ``None``: nobody can prove himself
    :raises Problem: 401
    """
    secrets = [Secret(secret, sealed.login) for sealed, secret in opened]
    index = proof and http_proof.prove(
        proof, arrival.headers, secrets, arrival.peer, settings.trusted_proxies()
    )
    if index is None:
        challenges = {"basic": f'Basic realm="{realm}", charset="UTF-8"', "bearer": "Bearer"}
        challenge = challenges.get(proof.kind) if proof else None
        raise Problem(401, headers=(("WWW-Authenticate", challenge),) if challenge else ())
    return arrivals.Delivery(None, secret_index=index if index >= 0 else None)
