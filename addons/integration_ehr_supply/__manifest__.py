{
    "name": "Integration EHR Supply",
    "summary": "Requisitions, dispenses, implants, kits and items of clinical systems, and stock",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_ehr_bridge", "integration_procurement"],
    "data": [
        "security/ir.model.access.csv",
        # requisitions
        "security/ehr_requisition_rules.xml",
        "data/ir_sequence.xml",
        "data/integration_contract_requisition.xml",
        "data/integration_event_type_requisition.xml",
        "data/integration_value_map_hl7_units.xml",
        "data/integration_value_map_hl7_requisition.xml",
        "data/integration_mapping_hl7_requisition.xml",
        "data/integration_routing_hl7_supply.xml",
        "views/ehr_supply_route_views.xml",
        "views/ehr_requisition_views.xml",
        "views/documents_views.xml",
        "views/menus.xml",
    ],
    "demo": [
        "demo/supply_demo.xml",
    ],
    "assets": {
        "web.assets_tests": ["integration_ehr_supply/static/tests/tours/*.js"],
    },
    "auto_install": True,
}
