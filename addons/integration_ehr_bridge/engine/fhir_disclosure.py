"""What is recorded of answers over FHIR that tell what was done for patients."""

from __future__ import annotations

from odoo import api

from odoo.addons.integration_core.engine import audit

from .fhir_facade import Answer
from .fhir_scope import Scope

#: Names of parameters that an entry tells; values may be numbers of patients.
_TOLD = 12


def record(env: api.Environment, scope: Scope, answer: Answer) -> None:
    """Write one entry of the audit trail for an answer that tells something clinical.

    One for an answer, not for each resource or field: it names the type, how many there are,
    the first and the last id and the parameters, so that who got what can be worked out. So it
    does for a number of resources that fulfil conditions. An answer that says “nothing”, or “what
    you have is still so”, tells nothing and leaves no entry.
    """
    if not answer.clinical or not (answer.shown or answer.counted):
        return
    interface = env["integration.interface"].browse(scope.interface_id)
    # Those that were understood: what others are called, the partner chose.
    names = sorted({name.partition(":")[0] for name in answer.asked_by})
    changes = {
        "resource": ("", answer.resource),
        "records": ("", str(len(answer.shown) or answer.counted)),
        "ids": ("", _span(answer.shown) if answer.shown else "counted only"),
    }
    if names:
        changes["parameters"] = ("", ", ".join(names[:_TOLD]))
    reader = interface.with_user(scope.user_id)
    audit.record(reader, "view", reason="FHIR", changes=changes)


def _span(shown: tuple[str, ...]) -> str:
    """Ids as an entry has them: each of a few, the first and the last of many."""
    return ", ".join(shown) if len(shown) <= 20 else f"{shown[0]} … {shown[-1]}"
