from . import (
    test_access,
    test_alert_channels,
    test_deadman,
    test_incident_acts,
    test_incident_events,
    test_incident_ui,
    test_incidents,
    test_maintenance,
)
