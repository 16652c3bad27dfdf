from . import (
    integration_interface_hl7,
    integration_interface_mllp_inbound,
    integration_mllp_listener,
    integration_mllp_listener_port,
    integration_mllp_refusal,
)
