{
    "name": "Integration Webhooks",
    "summary": "Signed outbound webhooks and verified inbound ones (Standard Webhooks)",
    "version": "19.0.1.3.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_core"],
    "external_dependencies": {"python": ["cryptography"]},
    "data": [
        "security/ir.model.access.csv",
        "security/integration_rules.xml",
        "data/mail_activity_type.xml",
        "data/ir_cron.xml",
        "views/integration_interface_views.xml",
        "views/integration_webhook_subscription_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "integration_webhooks/static/src/fields/*",
            "integration_webhooks/static/src/widgets/*",
        ],
        "web.assets_tests": ["integration_webhooks/static/tests/tours/*.js"],
    },
}
