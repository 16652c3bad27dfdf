from . import (
    integration_heartbeat,
    integration_incident,
    integration_rollup,
    integration_rollup_mark,
    integration_rollup_range,
    integration_rollup_repeat,
    integration_rollup_state,
    integration_rollup_term,
)
