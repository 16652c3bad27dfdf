from . import (
    test_access,
    test_batches,
    test_door,
    test_outbound_fields,
    test_requests,
    test_schemes,
    test_sender,
    test_senders_keys,
    test_signing,
    test_tools_answers,
    test_tools_standard_webhooks,
    test_trial,
)
