# Usage and case kits
# items and stock on hand
from . import (
    test_access,
    test_access_items,
    test_items,
    test_items_out,
    test_kit_demand,
    test_kit_requests,
    test_kits,
    test_requisition,
    test_requisition_changes,
    test_requisition_events,
    test_requisition_hand,
    test_requisition_refused,
    test_stock_count,
    test_ui,
    test_ui_usage,
    test_usage,
    test_usage_documents,
    test_usage_refused,
)
