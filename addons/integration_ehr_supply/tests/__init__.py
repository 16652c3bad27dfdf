from . import (
    test_access,
    test_requisition,
    test_requisition_changes,
    test_requisition_events,
    test_requisition_hand,
    test_requisition_refused,
    test_ui,
)
