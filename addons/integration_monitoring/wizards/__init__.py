from . import integration_incident_assign
