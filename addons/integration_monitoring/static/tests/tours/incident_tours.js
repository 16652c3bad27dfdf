import { registry } from "@web/core/registry";

const STATE = ".o_statusbar_status .o_arrow_button_current";

registry.category("web_tour.tours").add("integration_monitoring_incident", {
    steps: () => [
        {
            content: "The worst incident stands first",
            trigger: ".o_data_row:first:contains('Critical')",
        },
        {
            content: "Open the one of the interface",
            trigger: ".o_data_row td[name='name']:contains('Outbound')",
            run: "click",
        },
        {
            content: "What is wrong",
            trigger: ".o_field_widget[name='wrong_html'] li",
        },
        {
            content: "What it means",
            trigger: ".o_field_widget[name='failure_impact']:contains('No orders')",
        },
        {
            content: "What to do",
            trigger: ".o_field_widget[name='runbook']:contains('Call the partner')",
        },
        {
            content: "Look after it",
            trigger: "button[name='action_acknowledge']",
            run: "click",
        },
        {
            content: "Nobody else is woken now",
            trigger: `${STATE}:contains('Acknowledged')`,
        },
        {
            content: "It stands in the timeline",
            trigger: ".o_field_widget[name='event_ids'] .o_data_row:contains('Looks after it')",
        },
        {
            content: "Resolve it",
            trigger: "button[name='action_ask_resolve']:visible",
            run: "click",
        },
        {
            content: "How it was dealt with",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit The certificate was renewed",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It is dealt with, until its signals end",
            trigger: `${STATE}:contains('Resolved')`,
        },
        {
            content: "Who was told",
            trigger: ".nav-link:contains('Who was told')",
            run: "click",
        },
        {
            content: "The operators, in their channel",
            trigger: ".o_field_widget[name='notice_ids'] .o_data_row:contains('#Integration alerts')",
        },
    ],
});
