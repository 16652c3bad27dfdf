{
    "name": "Integration Webhooks",
    "summary": "Signed outbound webhooks and verified inbound ones (Standard Webhooks)",
    "version": "19.0.1.1.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_core"],
    "data": ["views/integration_interface_views.xml"],
}
