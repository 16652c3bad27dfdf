{
    "name": "Integration Monitoring: EHR",
    "summary": "Listeners, admissions and appointments that did not get through",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_monitoring", "integration_ehr_bridge"],
    "data": ["data/integration_business_rule.xml"],
    "auto_install": True,
}
