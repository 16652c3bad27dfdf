from . import (
    test_access,
    test_requisition,
    test_requisition_changes,
    test_requisition_events,
    test_requisition_hand,
    test_requisition_refused,
    test_ui,
)

# Usage and case kits
from . import (
    test_kit_demand,
    test_kit_requests,
    test_kits,
    test_ui_usage,
    test_usage,
    test_usage_documents,
    test_usage_refused,
)
