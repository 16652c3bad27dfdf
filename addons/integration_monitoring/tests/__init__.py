from . import (
    test_access,
    test_business_rule,
    test_doctor,
    test_error_groups,
    test_metrics,
    test_siem,
)
from . import test_access, test_collector, test_heartbeat, test_rollup_ranges
