import { registry } from "@web/core/registry";
import { confirm, giveReason, inScreen, openApp, openMenu, openSubmenu, press, reaches } from "./steps";

// The server of the test does a step of the task whenever the form asks how far it is.
registry.category("web_tour.tours").add("integration_core_bulk_retry", {
    steps: () => [
        ...openApp(),
        ...openMenu("menu_dead_letters", "Dead letters"),
        {
            content: "Six messages of the interface failed",
            trigger: ".o_group_header:contains('Inbound'):contains('6')",
        },
        {
            content: "Retry what the list shows",
            trigger: ".o_control_panel button:contains('Retry or replay in bulk')",
            run: "click",
        },
        {
            content: "The preview counts the same messages as the list",
            trigger: ".modal .o_field_widget[name='scope_text']:contains('6 messages')",
        },
        {
            content: "It says what would happen",
            trigger: ".modal .o_field_widget[name='preview']:contains('will be applied for the first time')",
        },
        {
            content: "And shows the first of them",
            trigger: ".modal .o_field_widget[name='sample_ids'] .o_data_row:eq(5)",
        },
        {
            content: "At a gentle pace",
            trigger: ".modal .o_field_widget[name='rate'] input",
            run: "edit 24",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit The partner is back",
        },
        {
            content: "Start",
            trigger: ".modal footer button[name='action_start']",
            run: "click",
        },
        {
            content: "Confirm the start",
            trigger: ".modal:contains('is fixed now') footer button.btn-primary",
            run: "click",
        },
        reaches("running"),
        {
            content: "Two messages were queued without a reload",
            trigger: ".oe_stat_button[name='action_open_results'] .o_stat_value:contains('2')",
            timeout: 40000,
        },
        press("action_pause", "Pause it"),
        confirm(),
        reaches("paused"),
        {
            content: "Four are left",
            trigger: ".oe_stat_button[name='action_open_left'] .o_stat_value:contains('4')",
            timeout: 40000,
        },
        press("action_resume", "Resume it"),
        confirm(),
        {
            content: "It is done by itself, and what was resolved meanwhile was left alone",
            trigger: ".o_statusbar_status button[data-value='done'].o_arrow_button_current",
            timeout: 30000,
        },
        {
            content: "The reason is said",
            trigger: ".o_field_widget[name='refused_html']:contains('1 not possible: finished')",
        },
        {
            content: "What was queued is one click away",
            trigger: ".oe_stat_button[name='action_open_results']",
            run: "click",
        },
        inScreen("Queued again"),
        ...openSubmenu("menu_governance", "menu_replay_tasks", "Bulk retries and replays"),
        {
            content: "The task is in the list",
            trigger: ".o_data_row:contains('The partner is back'):has(.o_integration_state[data-value='done'])",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_bulk_cancel", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_governance", "menu_replay_tasks", "Bulk retries and replays"),
        {
            content: "Open the task",
            trigger: ".o_data_row:contains('Too early') td[name='reason']",
            run: "click",
        },
        press("action_ask_cancel", "Cancel it"),
        {
            content: "It says what stays",
            trigger: ".modal:contains('cancelling takes none of them back')",
        },
        ...giveReason("The partner is not back"),
        {
            content: "It is cancelled",
            trigger: ".o_statusbar_status button[data-value='cancelled'].o_arrow_button_current",
        },
    ],
});
