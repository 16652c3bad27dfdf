import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { choose, openApp, openCards, openSubmenu } from "./steps";

registry.category("web_tour.tours").add("integration_core_conflict", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_decisions", "menu_conflicts", "Conflicts"),
        {
            content: "One waits",
            trigger: ".o_data_row:contains('Email, Phone') td[name='field_labels']",
            run: "click",
        },
        {
            content: "Both values are side by side",
            trigger: "tr[data-field='email']:contains('jane@old.example'):contains('jane@new.example')",
        },
        {
            content: "Nothing can be decided yet",
            trigger: ".o_integration_decide:disabled",
        },
        {
            content: "Take the address of the message",
            trigger: "tr[data-field='email'] .o_integration_take",
            run: "click",
        },
        {
            content: "Keep the phone number of Odoo",
            trigger: "tr[data-field='phone'] .o_integration_keep",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".o_integration_conflict .o_integration_reason",
            run: "edit We asked Jane",
        },
        {
            content: "Decide",
            trigger: ".o_integration_decide:enabled",
            run: "click",
        },
        {
            content: "It is being applied",
            trigger: ".o_integration_state[data-value='decided']",
        },
        {
            content: "Who decided, and why, is told",
            trigger: ".o_field_widget[name='reason']:contains('We asked Jane')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_conflict_new", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_decisions", "menu_conflicts", "Conflicts"),
        {
            content: "One waits, about two new records",
            trigger: ".o_data_row:contains('Contact') td[name='new_count']:contains('2')",
            run: "click",
        },
        {
            content: "The first record, with its name",
            trigger: ".o_integration_heading:contains('1. Ann')",
        },
        {
            content: "What is owned of the second one",
            trigger: "tr[data-field='2.email']:contains('bob@e.x')",
        },
        {
            content: "Nothing can be decided record by record",
            trigger: "tr[data-field='email']:not(:has(button))",
        },
        {
            content: "Let both come into being",
            trigger: ".o_integration_take",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".o_integration_conflict .o_integration_reason",
            run: "edit They begin on Monday",
        },
        {
            content: "Decide",
            trigger: ".o_integration_decide:enabled",
            run: "click",
        },
        {
            content: "It is being applied",
            trigger: ".o_integration_state[data-value='decided']",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_override", {
    steps: () => [
        {
            content: "The form says who owns the field",
            trigger: ".o_integration_owner:contains('Payroll')",
        },
        {
            content: "It is read-only",
            trigger: ".o_field_widget[name='email'].o_readonly_modifier",
        },
        {
            content: "Ask to change it here",
            trigger: ".o_integration_override",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_integration_reason",
            run: "edit Payslip goes out tonight",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary:enabled",
            run: "click",
        },
        {
            content: "Now it can be edited",
            trigger: ".o_field_widget[name='email']:not(.o_readonly_modifier) input",
            run: "edit typed@by.hand",
        },
        ...stepUtils.saveForm(),
        {
            content: "It is locked again once that is given back",
            trigger: ".o_integration_owner button:contains('I am done')",
            run: "click",
        },
        {
            content: "Read-only again",
            trigger: ".o_field_widget[name='email'].o_readonly_modifier:contains('typed@by.hand')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_mute", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_governance", "menu_event_mutes", "Muted events"),
        {
            content: "Prepare a mute",
            trigger: ".o_list_button_add",
            run: "click",
        },
        choose("event_type_ids", "Country got its phone code", "Country got"),
        {
            content: "Say why",
            trigger: ".o_field_widget[name='reason'] input",
            run: "edit First load",
        },
        ...stepUtils.saveForm(),
        {
            content: "Mute",
            trigger: "button[name='action_mute']",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is muted",
            trigger: ".o_statusbar_status button[data-value='active'].o_arrow_button_current",
        },
        openCards(),
        {
            content: "The overview warns",
            trigger: ".o_integration_muted:contains('Country got its phone code') button",
            run: "click",
        },
        {
            content: "End it",
            trigger: "button[name='action_unmute']",
            run: "click",
        },
        {
            content: "What changed is being told",
            trigger:
                ".o_statusbar_status button[data-value='catching_up'].o_arrow_button_current",
        },
    ],
});
