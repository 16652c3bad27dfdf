from . import (
    ehr_export_ask,
)
