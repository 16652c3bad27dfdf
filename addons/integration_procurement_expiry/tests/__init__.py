from . import test_expiry, test_tools_expiry
