from . import (
    integration_exception,
    integration_shipment,
    stock_lot,
    stock_picking,
)
