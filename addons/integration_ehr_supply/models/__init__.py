from . import (
    ehr_export,
    ehr_export_part,
    ehr_stock_report,
    integration_handler_ehr_stock_count,
    integration_interface_export,
    stock_move_on_hand,
    stock_quant_on_hand,
)
