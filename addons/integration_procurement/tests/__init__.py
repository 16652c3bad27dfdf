from . import (
    test_exception,
    test_material_consumption,
    test_order_confirmation,
    test_proof_of_delivery,
    test_purchase_order,
    test_shipment_status,
    test_shipping_notice,
    test_stock_adjustment,
    test_supplier,
    test_sync_status,
    test_ui,
    test_uom_uom,
)
