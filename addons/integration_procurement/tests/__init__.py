from . import test_order_confirmation, test_purchase_order
