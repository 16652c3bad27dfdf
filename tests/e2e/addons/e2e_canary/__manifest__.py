{
    "name": "Canaries",
    "summary": "A handler and an event that treat private content badly; for tests only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": ["integration_webhooks"],
    "data": ["data/integration_contract.xml"],
}
