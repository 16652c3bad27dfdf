import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openQuarantined = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    {
        content: "Open the dead letters",
        trigger: ".o_menu_sections [data-menu-xmlid='integration_core.menu_dead_letters']",
        run: "click",
    },
    {
        content: "They are grouped by interface, and seen without a click",
        trigger: ".o_group_header:contains('Inbound')",
    },
    {
        content: "Open the quarantined message",
        trigger: ".o_group_header:contains('Inbound') ~ .o_data_row td[name='kind_name']",
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_core_map_value", {
    steps: () => [
        ...openQuarantined(),
        {
            content: "Map what is missing",
            trigger: "button[name='action_map_values']",
            run: "click",
        },
        {
            content: "It says what the partner wrote, and that two messages wait for it",
            trigger: ".o_integration_map_value:contains('blau'):contains('2 waiting')",
        },
        {
            content: "Say what it means",
            trigger: ".o_integration_target",
            run: "edit blue",
        },
        {
            content: "Map and reprocess",
            trigger: ".o_integration_map_save:contains('Map and reprocess')",
            run: "click",
        },
        {
            content: "Both are on their way",
            trigger: ".o_integration_reprocess .o_integration_retried:contains('2')",
        },
        {
            content: "Close",
            trigger: ".o_integration_reprocess_close.btn-primary",
            run: "click",
        },
        {
            content: "The message is queued again",
            trigger: ".o_form_view .o_integration_state[data-value='queued']",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_propose_value", {
    steps: () => [
        ...openQuarantined(),
        {
            content: "Map what is missing",
            trigger: "button[name='action_map_values']",
            run: "click",
        },
        {
            content: "Choose what it means",
            trigger: ".o_integration_map_value:contains('blau') button:contains('red')",
            run: "click",
        },
        {
            content: "An operator proposes",
            trigger: ".o_integration_map_save:contains('Propose')",
            run: "click",
        },
        {
            content: "It is told who is asked",
            trigger: ".o_notification:contains('An administrator has been asked')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_try_mapping", {
    steps: () => [
        ...openQuarantined(),
        {
            content: "Try the mapping on this message",
            trigger: "button[name='action_try_mapping']",
            run: "click",
        },
        {
            content: "The value that is missing is shown",
            trigger: ".o_integration_trial_missing:contains('Colours'):contains('blau')",
        },
        {
            content: "Map it from here",
            trigger: ".o_integration_trial_missing button",
            run: "click",
        },
        {
            content: "Say what it means",
            trigger: ".o_integration_target",
            run: "edit blue",
        },
        {
            content: "Map and reprocess",
            trigger: ".o_integration_map_save",
            run: "click",
        },
        {
            content: "Close",
            trigger: ".o_integration_reprocess_close.btn-primary",
            run: "click",
        },
        {
            content: "Nothing is wrong any more",
            trigger: ".o_integration_trial_clean",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_write_mapping", {
    steps: () => [
        {
            content: "Look at the panel of a mapping that is not saved",
            trigger: ".nav-link[name='try']",
            run: "click",
        },
        {
            content: "Choose a message",
            trigger: ".o_integration_trial_message input",
            run: "click",
        },
        {
            content: "Take the one there is",
            trigger: ".o_integration_trial_message .dropdown-item:contains('Thing')",
            run: "click",
        },
        {
            content: "The result appears by itself",
            trigger: ".o_integration_trial_output .ace_content:contains('red')",
        },
        {
            content: "It can be run again",
            trigger: ".o_integration_trial_run:enabled",
            run: "click",
        },
        {
            content: "Nothing is wrong",
            trigger: ".o_integration_trial_clean",
        },
        {
            content: "Submit the mapping",
            trigger: "button[name='action_submit']",
            run: "click",
        },
        {
            content: "It is in review",
            trigger: ".o_statusbar_status button[data-value='in_review'].o_arrow_button_current",
        },
    ],
});
