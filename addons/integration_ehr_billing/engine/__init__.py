"""What billing of charges does beside the models."""

from ..tools import hl7_functions

hl7_functions.register()
