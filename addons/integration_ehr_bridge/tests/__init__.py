from . import (
    test_access,
    test_census,
    test_census_differential,
    test_census_hand,
    test_census_merge,
    test_census_pseudonyms,
    test_tools_census_history,
    test_ui_census,
)
