{
    "name": "Integration EHR Bridge",
    "summary": "HL7 v2 with clinical systems: census, beds and appointments, without clinical data",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_core", "purchase_stock"],
    "data": [
        "security/ehr_groups.xml",
        "security/integration_mllp_rules.xml",
        "security/ir.model.access.csv",
        "data/integration_policy_hl7.xml",
        "views/integration_interface_hl7_outbound_views.xml",
        "views/menus.xml",
    ],
}
