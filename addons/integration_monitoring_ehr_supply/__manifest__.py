{
    "name": "Integration Monitoring: Clinical Supply",
    "summary": "Dispenses, usage and requisitions that are not booked",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_monitoring", "integration_ehr_supply"],
    "data": ["data/integration_business_rule.xml"],
    "auto_install": True,
}
