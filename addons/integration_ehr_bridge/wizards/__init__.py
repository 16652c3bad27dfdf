from . import ehr_patient_lookup
from . import integration_census_entry
