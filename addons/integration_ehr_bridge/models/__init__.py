from . import (
    ehr_encounter,
    ehr_housekeeping,
    ehr_location,
    ehr_merge,
    ehr_move,
    ehr_patient,
    ehr_staff,
)
