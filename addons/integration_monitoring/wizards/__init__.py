from . import (
    integration_doctor,
    integration_error_acts,
    integration_incident_assign,
)
