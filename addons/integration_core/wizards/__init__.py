from . import integration_reason_wizard
