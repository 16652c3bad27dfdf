from . import fhir, fhir_facade, hl7_http
