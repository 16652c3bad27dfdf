"""What an interface says of itself over FHIR: what its partner can read, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from odoo import api

from ..tools import http_proof
from ..tools.fhir import capability_statement, search
from ..tools.fhir.capability_statement import R4, R5, Served, Statement
from ..tools.fhir.operation_outcome import Refusal

_SECURITY = {
    "basic": {"Basic": "A login and a password (HTTP Basic)."},
    "bearer": {"Bearer": "A token in the header Authorization, as Bearer."},
    "header": {"Key": "A key in a header that was agreed on."},
    http_proof.CERTIFICATE: {"Certificates": "A client certificate."},
}


def statement(
    env: api.Environment, spec: Mapping[str, Any], base: str, wanted: Sequence[str]
) -> dict[str, Any]:
    """The CapabilityStatement of an interface.

    :param wanted: versions of FHIR that the client takes, what it likes best first; empty for R4
    :raises Refusal: 406 if none of them is served
    """
    served = {"": R4, "4.0": R4, "5.0": R5}
    version = next((served[one[:3]] for one in wanted if one[:3] in served), None)
    if version is None:
        raise Refusal(
            406, "not-supported", "other_version",
            "This server speaks FHIR 4.0; some resources have the shape of 5.0.",
        )  # fmt: skip
    scope = spec["fhir_scope"]
    taken = env["integration.interface"]._fhir_taken_served(spec)
    proof = spec.get("http_proof")
    said = Statement(
        base=base,
        name=scope.name,
        moment=spec["fhir_since"],
        resources=capability_statement.joined([*shown(env, scope.views), *taken.resources]),
        security=_SECURITY.get(proof.kind, {}) if proof else {},
        interactions=taken.interactions,
        remarks=taken.remarks,
    )
    return capability_statement.statement(said, version)


def shown(env: api.Environment, views: Mapping[str, str]) -> list[Served]:
    """What the views of an interface serve."""
    models = (env[name] for name in views.values() if name in env)
    return [
        Served(
            resource=view._resource,
            version=view._fhir_version,
            params=(*search.COMMON, *view._params),
            includes=view._includes,
            doc=view._doc,
            dated=view._dated,
        )
        for view in models
    ]


def moment_of(value: datetime | None) -> datetime:
    """When the configuration was last changed; some moment of a draft."""
    return (value or datetime(2026, 1, 1)).replace(microsecond=0)
