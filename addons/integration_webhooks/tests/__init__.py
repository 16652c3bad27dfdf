from . import (
    test_door,
    test_outbound_fields,
    test_requests,
    test_sender,
    test_signing,
    test_tools_answers,
    test_tools_envelopes,
    test_tools_signers,
    test_tools_standard_webhooks,
)
