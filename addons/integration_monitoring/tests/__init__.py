from . import test_access, test_collector, test_heartbeat, test_rollup_ranges
