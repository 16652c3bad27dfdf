import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

export const openMonitoring = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    {
        content: "The first screen is the overview",
        trigger: ".o_im_overview .o_im_tiles",
    },
];

export const openEntry = (name) => [
    {
        content: "Open the menu of monitoring",
        trigger: ".o_menu_sections [data-menu-xmlid='integration_monitoring.menu_monitoring']",
        run: "click",
    },
    {
        content: `Open ${name}`,
        trigger: `.dropdown-item[data-menu-xmlid='integration_monitoring.${name}']`,
        run: "click",
    },
];

// What fails is seen on the first screen, and mended from there.
registry.category("web_tour.tours").add("integration_monitoring_replay", {
    steps: () => [
        ...openMonitoring(),
        {
            content: "The interface is degraded, and says why",
            trigger:
                ".o_im_card:contains('Tour orders'):has([data-light='degraded']) .o_im_reason:contains('Dead letters')",
        },
        {
            content: "Open what its number counts",
            trigger: ".o_im_card:contains('Tour orders') .o_im_bad:contains('dead letters')",
            run: "click",
        },
        {
            content: "It is the one message",
            trigger:
                ".o_list_view:not(:has(.o_data_row ~ .o_data_row)) .o_data_row:contains('Tour orders') td[name='kind_name']",
            run: "click",
        },
        {
            content: "Retry it",
            trigger: ".o_form_statusbar button:contains('Retry now')",
            run: "click",
        },
        {
            content: "It is on its way again",
            trigger: ".o_form_statusbar:not(:has(button:contains('Retry now')))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_healed", {
    steps: () => [
        ...openMonitoring(),
        {
            content: "The interface runs, and nothing is left over",
            trigger:
                ".o_im_card:contains('Tour orders'):has([data-light='ok']):not(:contains('dead letters'))",
        },
        {
            content: "Show only trouble",
            trigger: "#o_im_trouble",
            run: "click",
        },
        {
            content: "It is not among it",
            trigger: ".o_im_overview:not(:has(.o_im_card:contains('Tour orders')))",
        },
        {
            content: "Show all again",
            trigger: "#o_im_trouble",
            run: "click",
        },
        {
            content: "There it is",
            trigger: ".o_im_card:contains('Tour orders')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_interface", {
    steps: () => [
        ...openMonitoring(),
        {
            content: "Open the interface",
            trigger: ".o_im_card:contains('Tour orders') .o_im_card_name",
            run: "click",
        },
        {
            content: "Its throughput is drawn, and told in words",
            trigger:
                ".o_im_interface [data-chart='throughput'] canvas[aria-label*='Delivered or handled: latest']",
        },
        {
            content: "The runbook stands beside",
            trigger: ".o_im_runbook:contains('Call the supplier')",
        },
        {
            content: "And what changed",
            trigger: ".o_im_marks:contains('Another address')",
        },
        {
            content: "Look at a week",
            trigger: "button[data-range='7d']",
            run: "click",
        },
        {
            content: "It is drawn from hours",
            trigger:
                "button[data-range='7d'][aria-pressed='true'], .o_im_interface [data-chart='throughput'] h2:contains('60 min')",
        },
        {
            content: "Back to the overview",
            trigger: ".o_breadcrumb a:contains('Overview')",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o_im_overview .o_im_card",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_map", {
    steps: () => [
        ...openMonitoring(),
        ...openEntry("menu_map"),
        {
            content: "Odoo and the system are drawn",
            trigger: ".o_im_drawing:has(.o_im_hub) .o_im_node:contains('Partner')",
        },
        {
            content: "The table has the same in words",
            trigger: ".o_im_as_table",
            run: "click",
        },
        {
            content: "Open the system",
            trigger: ".o_im_table_system:contains('Partner')",
            run: "click",
        },
        {
            content: "Its page shows its interfaces",
            trigger: ".o_im_system_page .o_im_card:contains('Tour orders')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_trace", {
    steps: () => [
        ...openMonitoring(),
        ...openEntry("menu_trace"),
        {
            content: "Ask for the control id",
            trigger: ".o_im_search input",
            run: "edit TOURCONTROL",
        },
        {
            content: "Find it",
            trigger: ".o_im_search button",
            run: "click",
        },
        {
            content: "The case is told, worst included",
            trigger: ".o_im_timeline .o_im_step_outbound[data-state='dead']",
        },
        {
            content: "Open the message",
            trigger: ".o_im_step_outbound .o_im_step_open",
            run: "click",
        },
        {
            content: "It leads back to its trace",
            trigger: ".o_form_view button[name='action_open_trace']",
            run: "click",
        },
        {
            content: "The same case",
            trigger: ".o_im_trace .o_im_correlation:contains('tour-case')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_menu", {
    steps: () => [
        ...openMonitoring(),
        {
            content: "The menu bar has room for all of its entries",
            trigger: ".o_menu_sections [data-menu-xmlid='integration_core.menu_configuration']",
            run() {
                const hidden = document.querySelectorAll(
                    ".o_menu_sections_more, .o_menu_sections > .d-none"
                );
                if (hidden.length) {
                    throw new Error("some entries hide behind the plus sign");
                }
            },
        },
        ...openEntry("menu_cards"),
        {
            content: "The cards have the name of their entry",
            trigger: ".o_breadcrumb .o_last_breadcrumb_item:contains('Cards')",
        },
    ],
});
