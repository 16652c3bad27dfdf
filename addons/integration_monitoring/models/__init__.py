from . import (
    integration_heartbeat,
    integration_incident,
    integration_rollup,
)
from . import (  # screens
    integration_demo,
    integration_interface,
    integration_message,
    integration_overview_parts,
    integration_overview_words,
    integration_overview,
    integration_overview_interface,
    integration_overview_marks,
    integration_overview_system,
    integration_trace_case,
    integration_trace,
    ir_websocket,
)
