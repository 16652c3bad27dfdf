# Usage and case kits
from . import test_kits, test_usage, test_usage_refused
