from . import (
    integration_export_ask,
)
