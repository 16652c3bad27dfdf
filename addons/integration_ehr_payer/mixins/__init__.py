from . import ehr_payer_teller
