from . import integration_census_entry
