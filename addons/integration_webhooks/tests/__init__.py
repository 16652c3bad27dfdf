from . import (
    test_door,
    test_sender,
    test_tools_answers,
    test_tools_endpoint_health,
    test_tools_envelopes,
    test_tools_event_filter,
    test_tools_signers,
    test_tools_standard_webhooks,
)
