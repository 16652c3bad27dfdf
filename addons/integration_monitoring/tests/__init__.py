from . import test_access, test_business_rule
