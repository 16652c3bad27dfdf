from . import (
    test_exception,
    test_identifiers,
    test_item,
    test_item_merge,
    test_material_consumption,
    test_order_confirmation,
    test_possible_duplicate,
    test_purchase_order,
    test_supplier,
    test_sync_status,
    test_ui,
    test_uom_uom,
)
