from . import (
    test_door,
    test_sender,
    test_tools_inbound,
    test_tools_schemes,
    test_tools_standard_webhooks,
)
