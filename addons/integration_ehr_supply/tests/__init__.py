from . import (
    test_items,
    test_stock_count,
)
