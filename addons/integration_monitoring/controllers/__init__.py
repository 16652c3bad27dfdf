from . import (
    health,
    metrics,
)
