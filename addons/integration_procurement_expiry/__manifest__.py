{
    "name": "Integration Procurement: Expiry Dates",
    "summary": "Expiry dates of lots in messages of suppliers and carriers",
    "version": "19.0.1.1.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_procurement", "product_expiry"],
    "data": [
        "data/integration_contract_lot.xml",
        "data/integration_event_type_lot.xml",
    ],
    "auto_install": True,
}
