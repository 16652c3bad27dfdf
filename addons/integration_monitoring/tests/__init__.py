from . import (
    test_access,
    test_overview,
    test_overview_demo,
    test_overview_interface,
    test_trace,
    test_ui_monitoring,
)
