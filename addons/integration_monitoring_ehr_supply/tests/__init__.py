from . import test_business_rules
