from . import test_listener_heartbeat
