{
    "name": "Integration Monitoring",
    "summary": "Operators see trouble before users do: incidents, service levels, triage",
    "version": "19.0.1.0.0",
    "category": "Productivity/Integration",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "application": False,
    "post_load": "post_load",
    "depends": ["integration_core"],
    "external_dependencies": {"python": ["prometheus_client"]},
    "data": [
        "security/ir.model.access.csv",
        "security/integration_rules.xml",
        # data and heartbeats
        "data/integration_rollup_data.xml",
        "data/ir_cron_data.xml",
        "views/integration_rollup_views.xml",
        "views/integration_heartbeat_views.xml",
        # incidents
        "data/mail_activity_type.xml",
        "data/integration_incident_events.xml",
        "data/integration_alert_channel.xml",
        "data/ir_cron_incidents.xml",
        "views/integration_incident_form.xml",
        "views/integration_incident_views.xml",
        # detection
        "data/ir_cron_detect.xml",
        "views/integration_watch_views.xml",
        "views/integration_watch_setting_views.xml",
        "views/integration_watch_part_views.xml",
        "views/integration_slo_day_views.xml",
        "views/integration_slo_views.xml",
        # menus
        "views/menus.xml",
        # metrics
        "data/ir_cron_metrics.xml",
        "views/integration_metrics_token_views.xml",
        "views/integration_siem_views.xml",
        "views/menus_metrics.xml",
        # doctor
        "views/integration_doctor_views.xml",
        # telemetry
        "data/mail_activity_type_telemetry.xml",
        "data/ir_cron_telemetry.xml",
        "data/integration_business_rule.xml",
        "views/integration_business_breach_views.xml",
        "views/integration_business_rule_views.xml",
        "views/menus_telemetry.xml",
        # triage
        "data/mail_activity_type_triage.xml",
        "data/ir_cron_triage.xml",
        "wizards/integration_error_acts_views.xml",
        "views/integration_error_group_views.xml",
        "views/integration_error_route_views.xml",
        "views/menus_triage.xml",
        "views/menus_data.xml",
        "views/menus_detect.xml",
        "views/integration_incident_assign_views.xml",
        "views/integration_alert_channel_views.xml",
        "views/integration_maintenance_views.xml",
        "views/integration_deadman_views.xml",
        # menus
        "views/menus.xml",
        "views/menus_incidents.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "integration_monitoring/static/src/**/*",
        ],
        # screens
        "views/integration_overview_views.xml",
        # menus
        "views/menus.xml",
        "views/menus_overview.xml",
    ],
    # screens
    "demo": ["demo/integration_monitoring.xml"],
    "assets": {
        "web.assets_backend": ["integration_monitoring/static/src/**/*"],
        "web.assets_tests": ["integration_monitoring/static/tests/tours/*.js"],
    },
}
