from . import (
    ehr_patient_lookup,
    integration_census_bed_entry,
    integration_census_entry,
    integration_fhir_check,
    integration_fhir_reread,
    integration_fhir_subscribe,
)
