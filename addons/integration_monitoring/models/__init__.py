from . import (
    integration_finding_advice,
    integration_finding_text,
    integration_heartbeat,
    integration_incident,
    integration_rollup,
    integration_slo,
    integration_slo_day,
    integration_watch,
    integration_watch_learn,
    integration_watch_look,
    integration_watch_part,
    integration_watch_setting,
)
