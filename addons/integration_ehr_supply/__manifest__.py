{
    "name": "Integration EHR Supply",
    "summary": "Requisitions, dispenses, implants, case kits and item master between clinical systems and stock",
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
