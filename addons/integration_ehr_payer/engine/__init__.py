"""What payers answer, beside the models."""

from ..tools import fhir_payer

fhir_payer.register()
