from . import ehr_patient_lookup, integration_census_entry
