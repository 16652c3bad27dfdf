from . import (
    test_exception,
    test_material_consumption,
    test_order_confirmation,
    test_order_confirmation_deviation,
    test_order_confirmation_order,
    test_purchase_order,
    test_readiness,
    test_supplier,
    test_sync_status,
    test_tools_answers,
    test_ui,
    test_uom_uom,
)
