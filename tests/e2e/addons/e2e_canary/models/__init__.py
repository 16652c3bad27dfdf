from . import integration_handler_canary, res_partner
