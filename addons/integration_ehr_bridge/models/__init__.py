from . import (
    integration_interface_hl7,
    integration_interface_hl7_inbound_http,
    integration_interface_hl7_outbound,
    integration_interface_hl7_outbound_http,
    integration_interface_mllp_inbound,
    integration_interface_mllp_outbound,
    integration_mllp_connection,
    integration_mllp_listener,
    integration_mllp_listener_port,
    integration_mllp_refusal,
    integration_transport_hl7_http,
    integration_transport_mllp,
)
