from . import ehr_state_handler, ehr_told, ehr_visit_document, integration_fhir_view

from . import ehr_state_teller  # isort: skip - extends what stands above
