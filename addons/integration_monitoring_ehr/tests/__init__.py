from . import test_business_rules, test_listener_heartbeat
