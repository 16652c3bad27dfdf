"""What the clinical bridge does beside the ORM."""

from ..tools.fhir import writing
from ..tools.hl7 import mapping_functions

mapping_functions.register()
writing.register()
