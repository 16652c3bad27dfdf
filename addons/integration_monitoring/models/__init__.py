from . import (
    integration_business_breach,
    integration_business_rule,
    integration_heartbeat,
    integration_incident,
    integration_rollup,
)
