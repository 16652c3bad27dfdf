from . import (
    test_access,
    test_items,
    test_items_out,
    test_stock_count,
)
