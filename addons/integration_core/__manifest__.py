{
    "name": "Integration Core",
    "summary": "Systems, interfaces, contracts and a reliable message engine for Odoo",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["mail", "queue_job"],
    "external_dependencies": {
        "python": ["cryptography", "jmespath", "jsonschema", "requests", "urllib3"],
    },
    "data": [
        "security/integration_groups.xml",
        "security/ir.model.access.csv",
        "security/integration_rules.xml",
        "data/mail_activity_type.xml",
        "data/integration_policy.xml",
        "data/queue_job.xml",
        "data/integration_lane.xml",
        "data/ir_cron.xml",
    ],
}
