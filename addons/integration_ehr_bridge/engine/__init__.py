"""What the clinical bridge does beside the ORM."""

from ..tools.fhir import mapping_functions as fhir_functions
from ..tools.fhir import usage as fhir_usage
from ..tools.fhir import writing as fhir_writing
from ..tools.hl7 import mapping_functions as hl7_functions

hl7_functions.register()
fhir_functions.register()
fhir_usage.register()
fhir_writing.register()
