from . import (
    integration_error_acts,
    integration_incident_assign,
)
