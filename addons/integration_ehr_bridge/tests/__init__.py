from . import (
    test_appointment,
    test_clinical_lists,
    test_ehr_events,
)
