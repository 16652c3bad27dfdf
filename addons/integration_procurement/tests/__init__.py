from . import test_order_confirmation, test_purchase_order, test_sync_status, test_ui, test_uom_uom
