{
    "name": "Integration Monitoring: EHR",
    "summary": "Monitoring of MLLP listeners",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_monitoring", "integration_ehr_bridge"],
    "data": [],
    "auto_install": True,
}
