from . import (
    integration_doctor,
    integration_business_breach,
    integration_business_rule,
    integration_heartbeat,
    integration_incident,
    integration_metrics_token,
    integration_rollup,
    integration_siem,
)
