{
    "name": "Integration Procurement",
    "summary": "Purchase orders to suppliers, confirmations back, and a status on each order",
    "version": "19.0.1.1.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_webhooks", "purchase_stock"],
    "data": [
        "data/integration_contract.xml",
        "data/integration_contract_supplier.xml",
        "data/integration_contract_consumption.xml",
        "data/integration_event_type.xml",
        "views/purchase_order_views.xml",
        "views/uom_uom_views.xml",
    ],
    "demo": [
        "demo/procurement_demo.xml",
        "demo/suppliers.xml",
        "demo/fetching.xml",
        "demo/laboratory.xml",
        "demo/procurement_story.xml",
    ],
    "assets": {
        "web.assets_tests": ["integration_procurement/static/tests/tours/*.js"],
    },
    "auto_install": True,
}
