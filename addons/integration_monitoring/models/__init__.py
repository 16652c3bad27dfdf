from . import (
    integration_demo,
    integration_heartbeat,
    integration_incident,
    integration_interface,
    integration_message,
    integration_overview,
    integration_overview_interface,
    integration_overview_marks,
    integration_overview_system,
    integration_rollup,
    integration_trace,
    ir_websocket,
)
