from . import (
    test_access,
    test_appointment,
    test_clinical_lists,
    test_ehr_events,
)
