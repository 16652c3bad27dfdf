{
    "name": "Integration EHR Billing",
    "summary": "Charges and accounts of visits become invoices, and clinical systems learn what became of them",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_ehr_bridge", "integration_procurement"],
    "data": [
        "security/ir.model.access.csv",
    ],
    "auto_install": True,
}
