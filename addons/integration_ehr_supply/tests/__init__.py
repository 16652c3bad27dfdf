from . import test_requisition, test_requisition_changes, test_requisition_refused
