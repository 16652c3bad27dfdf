from . import (
    test_expiry,
    test_lot_expiring,
    test_tools_expiry,
)
