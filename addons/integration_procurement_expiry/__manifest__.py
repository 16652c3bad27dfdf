{
    "name": "Integration Procurement: Expiry Dates",
    "summary": "Expiry dates of lots in messages of suppliers and carriers",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_procurement", "product_expiry"],
    "auto_install": True,
}
