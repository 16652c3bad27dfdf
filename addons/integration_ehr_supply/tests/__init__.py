# Usage and case kits
from . import (
    test_kit_demand,
    test_kit_requests,
    test_kits,
    test_usage,
    test_usage_documents,
    test_usage_refused,
)
