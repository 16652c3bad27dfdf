from . import (
    integration_exception,
    integration_handler_item,
    integration_shipment,
    product_product,
    stock_lot,
    stock_picking,
)
