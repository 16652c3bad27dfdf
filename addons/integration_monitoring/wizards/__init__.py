from . import integration_error_acts
