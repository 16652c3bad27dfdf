from . import (
    ehr_appointment,
    ehr_appointment_resource,
    ehr_encounter,
    ehr_housekeeping,
    ehr_location,
    ehr_merge,
    ehr_move,
    ehr_patient,
    ehr_staff,
)
