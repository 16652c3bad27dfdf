from . import ehr_told, ehr_visit_document, integration_fhir_view
