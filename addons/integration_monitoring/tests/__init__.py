from . import (
    test_access,
    test_finding_text,
    test_slo,
    test_watch_learn,
    test_watch_readings,
    test_watch_suite,
    test_watch_switches,
    test_watch_traffic,
    test_watch_ui,
)
