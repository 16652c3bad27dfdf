from . import ehr_payer_question, integration_handler_ehr_payer
