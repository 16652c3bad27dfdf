from . import (
    test_access,
    test_contract_mapping,
    test_credential,
    test_engine_inbound,
    test_engine_outbound,
    test_interface,
    test_lanes,
    test_ui,
)
