from . import ehr_state_handler, ehr_told, ehr_visit_document
