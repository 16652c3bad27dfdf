from . import (
    test_expiry,
    test_item_expires,
    test_lot_expiring,
    test_tools_expiry,
)
