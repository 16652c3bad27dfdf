from . import (
    integration_credential,
    integration_interface,
    integration_interface_bodies,
    integration_interface_fetch,
    integration_interface_handshake,
    integration_interface_inbound,
    integration_interface_outbound,
    integration_interface_trial,
    integration_transport_webhook,
    integration_webhook_key,
    integration_webhook_subscription,
)
