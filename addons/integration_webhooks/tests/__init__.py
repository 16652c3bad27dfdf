from . import (
    test_door,
    test_sender,
    test_tools_event_filter,
    test_tools_standard_webhooks,
)
