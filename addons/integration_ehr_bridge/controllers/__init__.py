from . import fhir, hl7_http
