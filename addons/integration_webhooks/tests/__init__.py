from . import (
    test_access,
    test_batches,
    test_door,
    test_schemes,
    test_sender,
    test_senders_keys,
    test_tools_standard_webhooks,
    test_trial,
    test_ui,
)
