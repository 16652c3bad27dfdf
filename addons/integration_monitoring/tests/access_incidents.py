"""Rights on incidents."""

from .access_data import SEEN

MATRIX = {("integration.incident",): SEEN}
MAY_CALL = {}
SAMPLES = {}
