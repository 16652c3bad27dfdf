from . import integration_heartbeat
