from . import (
    test_access,
    test_business_rule,
    test_doctor,
    test_error_groups,
    test_metrics,
    test_siem,
)
from . import test_access, test_collector, test_heartbeat, test_rollup_ranges
    test_finding_text,
    test_slo,
    test_watch_learn,
    test_watch_readings,
    test_watch_suite,
    test_watch_switches,
    test_watch_traffic,
    test_alert_channels,
    test_deadman,
    test_incident_acts,
    test_incident_events,
    test_incidents,
    test_maintenance,
from . import (  # screens
    test_access,
    test_overview,
    test_overview_interface,
    test_trace,
    test_ui_monitoring,
)
