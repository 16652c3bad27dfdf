from . import (
    test_exception,
    test_goods_receipt,
    test_material_consumption,
    test_order_confirmation,
    test_purchase_order,
    test_stock_move,
    test_stock_threshold,
    test_supplier,
    test_sync_models,
    test_sync_status,
    test_ui,
    test_uom_uom,
)
