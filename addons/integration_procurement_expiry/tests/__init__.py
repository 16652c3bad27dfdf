from . import test_expiry, test_tools_expiry
from . import test_lot_expiring
