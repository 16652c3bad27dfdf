{
    "name": "Integration Monitoring",
    "summary": "Operators see trouble before users do: incidents, service levels, triage",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "application": False,
    "depends": ["integration_core"],
    "data": [
        "security/ir.model.access.csv",
        "security/integration_rules.xml",
        # data and heartbeats
        "views/integration_rollup_views.xml",
        "views/integration_heartbeat_views.xml",
        # incidents
        "views/integration_incident_views.xml",
        # menus
        "views/menus.xml",
    ],
}
