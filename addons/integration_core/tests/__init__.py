from . import (
    test_engine_inbound,
    test_engine_outbound,
    test_lanes,
)
