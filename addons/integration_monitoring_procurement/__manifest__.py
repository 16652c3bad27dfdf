{
    "name": "Integration Monitoring: Procurement",
    "summary": "Orders, receipts, invoices and stock updates that are late",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_monitoring", "integration_procurement"],
    "data": ["data/integration_business_rule.xml"],
    "auto_install": True,
}
