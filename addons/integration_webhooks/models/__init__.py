from . import (
    integration_credential,
    integration_interface,
    integration_interface_outbound,
    integration_transport_webhook,
)
