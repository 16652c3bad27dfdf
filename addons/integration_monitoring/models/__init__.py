from . import (
    integration_alert_channel,
    integration_deadman,
    integration_heartbeat,
    integration_incident,
    integration_incident_effect,
    integration_incident_event,
    integration_incident_notice,
    integration_maintenance,
    integration_rollup,
)
