from . import integration_fhir_items
