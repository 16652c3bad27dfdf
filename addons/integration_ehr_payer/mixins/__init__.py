from . import ehr_payer_teller, integration_handler_ehr_payer
