from . import (
    handler,
    leaver_access,
)
