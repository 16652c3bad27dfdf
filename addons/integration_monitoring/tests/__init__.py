from . import test_access, test_metrics, test_siem
