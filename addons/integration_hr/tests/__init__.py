from . import (
    test_access,
    test_department,
    test_employee,
    test_events,
    test_leaver,
    test_leaver_access,
    test_ownership,
    test_rights,
    test_times,
    test_tools_leaving,
)
