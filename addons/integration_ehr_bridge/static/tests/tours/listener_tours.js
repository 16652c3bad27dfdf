import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openConfiguration = (name) => [
    {
        content: "Open the configuration",
        trigger: "button[data-menu-xmlid='integration_core.menu_configuration']",
        run: "click",
    },
    {
        content: "Choose the screen",
        trigger: `.dropdown-item[data-menu-xmlid='integration_ehr_bridge.${name}']`,
        run: "click",
    },
];

const openIntegrations = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    {
        content: "It is open, whichever screen it begins with",
        trigger: ".o_menu_sections [data-menu-xmlid='integration_core.menu_configuration']",
    },
];

registry.category("web_tour.tours").add("integration_ehr_bridge_listeners", {
    steps: () => [
        ...openIntegrations(),
        ...openConfiguration("menu_mllp_listeners"),
        {
            content: "One listener was killed",
            trigger: ".o_data_row:contains('south'):contains('Silent')",
        },
        {
            content: "One runs, and a port of it is closed",
            trigger: ".o_data_row:contains('north'):contains('Running'):contains('3')",
        },
        {
            content: "Open it",
            trigger: ".o_data_row:contains('north') td[name='host']",
            run: "click",
        },
        {
            content: "The port that is served",
            trigger: ".o_field_widget[name='port_ids'] .o_data_row:contains('ADT and schedule'):contains('12575')",
        },
        {
            content: "And why the other one is not",
            trigger: ".o_field_widget[name='port_ids'] .o_data_row:contains('Laboratory'):contains('has no certificate')",
        },
        ...openConfiguration("menu_mllp_refusals"),
        {
            content: "What was refused, by day and reason",
            trigger: ".o_data_row:contains('ADT and schedule'):contains('Address not accepted'):contains('192.0.2.7')",
        },
        {
            content: "Go to the interface",
            trigger: ".o_data_row:contains('Address not accepted') td[name='interface_id']",
            run: "click",
        },
        {
            content: "Its form is open",
            trigger: ".o_form_view .nav-link[name='address_security']",
            run: "click",
        },
        {
            content: "It says who may connect, and where its port is open",
            trigger: ".o_form_view .o_field_widget[name='mllp_status']:contains('Open on north, 3 connections.')",
        },
        {
            content: "Its listeners are a click away",
            trigger: "button[name='action_open_mllp_listeners']",
            run: "click",
        },
        {
            content: "Both served it",
            trigger: ".o_data_row:contains('north') ~ .o_data_row:contains('south')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_bridge_draft", {
    steps: () => [
        {
            content: "A listener that is being set up, without TLS",
            trigger: ".o_form_view .nav-link[name='address_security']",
            run: "click",
        },
        {
            content: "It says that only the own machine gets in",
            trigger: ".o_field_widget[name='source_networks'] input[placeholder*='own machine']",
        },
        {
            content: "And nothing else",
            trigger: ".o_form_view:not(:has(input[placeholder='From anywhere']))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_bridge_connections", {
    steps: () => [
        {
            content: "The interface that sends",
            trigger: ".o_form_view .nav-link[name='hl7_outbound']",
            run: "click",
        },
        {
            content: "Which worker is connected, and what it has sent",
            trigger: ".o_field_widget[name='mllp_connection_ids'] .o_data_row:contains('Connected'):contains('17')",
        },
    ],
});
