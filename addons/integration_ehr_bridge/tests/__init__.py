from . import (
    test_access,
    test_hl7_http,
    test_hl7_outbound,
    test_mllp_inbound,
    test_mllp_leases,
)
