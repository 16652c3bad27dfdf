import { registry } from "@web/core/registry";
import { confirm, openApp, openCards, reaches } from "./steps";

registry.category("web_tour.tours").add("integration_core_lifecycle", {
    steps: () => [
        ...openApp(),
        {
            content: "Open the draft interface",
            trigger: ".o_kanban_record:contains('Tour interface')",
            run: "click",
        },
        reaches("draft"),
        {
            content: "Submit it for review",
            trigger: "button[name='action_submit']",
            run: "click",
        },
        reaches("in_review"),
        {
            content: "Whoever submitted it cannot approve it",
            trigger: ".o_form_view:not(:has(button[name='action_approve']))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_approve", {
    steps: () => [
        ...openApp(),
        {
            content: "Open what a colleague submitted",
            trigger: ".o_kanban_record:contains('Tour interface')",
            run: "click",
        },
        reaches("in_review"),
        {
            content: "Approve it",
            trigger: "button[name='action_approve']",
            run: "click",
        },
        confirm(),
        reaches("approved"),
    ],
});

registry.category("web_tour.tours").add("integration_core_activate", {
    steps: () => [
        ...openApp(),
        {
            content: "Open the approved interface",
            trigger: ".o_kanban_record:contains('Tour interface')",
            run: "click",
        },
        reaches("approved"),
        {
            content: "Activate it",
            trigger: "button[name='action_activate']",
            run: "click",
        },
        confirm(),
        reaches("active"),
        {
            content: "Governed fields are locked now",
            trigger: ".o_field_widget[name='system_id'].o_readonly_modifier",
        },
        {
            content: "Pause it",
            trigger: "button[name='action_pause']",
            run: "click",
        },
        {
            content: "The ribbon says so",
            trigger: ".ribbon:contains('Paused')",
        },
        {
            content: "Resume it",
            trigger: "button[name='action_resume']",
            run: "click",
        },
        {
            content: "It can be paused again",
            trigger: ".o_form_view:not(:has(.ribbon)) button[name='action_pause']",
        },
        openCards(),
        {
            content: "The card has a light",
            trigger:
                ".o_kanban_record:contains('Tour interface') .o_integration_state[data-value='ok']",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_messages", {
    steps: () => [
        ...openApp(),
        {
            content: "Open the menu of what travels",
            trigger: ".o_menu_sections [data-menu-xmlid='integration_core.menu_traffic']",
            run: "click",
        },
        {
            content: "Open the messages",
            trigger: ".dropdown-item[data-menu-xmlid='integration_core.menu_messages']",
            run: "click",
        },
        {
            content: "Open the queued message",
            trigger: ".o_data_row:has(.o_integration_state[data-value='queued']) td[name='interface_id']",
            run: "click",
        },
        {
            content: "Its content can be read",
            trigger: ".o_integration_piece .ace_content:contains('seen in the browser')",
        },
        {
            content: "Look at its history",
            trigger: ".nav-link[name='history']",
            run: "click",
        },
        {
            content: "It has begun",
            trigger: ".o_integration_history tr:contains('Received')",
        },
        {
            content: "Park it",
            trigger: ".o_form_statusbar button:contains('Park')",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit The partner asked to wait",
        },
        {
            content: "Confirm",
            trigger: ".modal footer button:contains('Park')",
            run: "click",
        },
        {
            content: "It says why it is held",
            trigger: ".alert:contains('Parked by an operator')",
        },
        {
            content: "And who parked it",
            trigger: ".o_integration_history tr:contains('Parked'):contains('The partner asked to wait')",
        },
    ],
});
