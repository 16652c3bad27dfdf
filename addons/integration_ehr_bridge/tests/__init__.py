from . import (
    test_access,
    test_access_schedule,
    test_appointment,
    test_census,
    test_census_differential,
    test_census_hand,
    test_census_merge,
    test_census_pseudonyms,
    test_clinical_lists,
    test_ehr_events,
    test_tools_census_history,
    test_ui_census,
)
