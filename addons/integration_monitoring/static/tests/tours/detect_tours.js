import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitoring_watch", {
    steps: () => [
        {
            content: "The interface that is in trouble",
            trigger: ".o_group_name:contains('Down')",
        },
        {
            content: "It says why in the list",
            trigger: ".o_data_row:contains('attempts of the last five minutes failed')",
        },
        {
            content: "Open it",
            trigger: ".o_data_row td[name='interface_id']:contains('Inbound')",
            run: "click",
        },
        {
            content: "What is wrong, with the numbers",
            trigger: ".o_field_widget[name='signals_text']:contains('uses up the budget')",
        },
        {
            content: "What is usual is not known yet",
            trigger: ".o_field_widget[name='profile_text']:contains('not judged')",
        },
        {
            content: "Switch a signal off",
            trigger: ".o_field_widget[name='setting_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Which one",
            trigger: ".o_selected_row td[name='signal'] input",
            run: "click",
        },
        {
            content: "Availability",
            trigger: ".o_select_menu_item:contains('Failures use up the budget')",
            run: "click",
        },
        {
            content: "Off",
            trigger: ".o_selected_row td[name='watched'] input",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_view .o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
        {
            content: "Its service levels",
            trigger: "button[name='action_open_objectives']",
            run: "click",
        },
        {
            content: "One is burning",
            trigger: ".o_data_row:contains('Availability'):contains('Burning') td[name='kind']",
            run: "click",
        },
        {
            content: "How it stands",
            trigger: ".o_field_widget[name='standing']:contains('were bad in 30 days')",
        },
        {
            content: "Its burn rate by the hour",
            trigger: ".o_field_widget[name='chart'] canvas",
        },
        {
            content: "And its history",
            trigger: ".o_field_widget[name='day_ids'] .o_data_row",
        },
    ],
});
