from . import (
    base_partner_merge,
    integration_audit_export,
    integration_message_operation,
    integration_new_address,
    integration_package_export,
    integration_package_import,
    integration_rearm,
    integration_reason_wizard,
)
