from . import test_lot_expiring
