from . import fhir_facade, fhir_post, hl7_http
