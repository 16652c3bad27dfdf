from . import (
    integration_heartbeat,
    integration_incident,
    integration_rollup,
)
