from . import test_access, test_doctor, test_metrics, test_siem
from . import test_access, test_business_rule
