import { registry } from "@web/core/registry";

const openMenu = (heading, name) => [
    {
        content: "Open the menu",
        trigger: `.o_menu_sections button[data-menu-xmlid='integration_ehr_bridge.${heading}']`,
        run: "click",
    },
    {
        content: "Choose the screen",
        trigger: `.dropdown-item[data-menu-xmlid='integration_ehr_bridge.${name}']`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_ehr_bridge_schedule", {
    steps: () => [
        ...openMenu("menu_census_schedule", "menu_ehr_appointment"),
        {
            content: "An appointment of this week",
            trigger: ".o_calendar_view .fc-event:contains('F-1')",
            run: "click",
        },
        {
            content: "What it is, at a glance",
            trigger: ".o_cw_popover:contains('Booked'):contains('OR1')",
        },
        {
            content: "Open it",
            trigger: ".o_cw_popover .o_cw_popover_edit, .o_cw_popover .o_cw_popover_view",
            run: "click",
        },
        {
            content: "When, and for whom",
            trigger: ".o_form_view .o_field_widget[name='encounter_id']:contains('V-1')",
        },
        {
            content: "What it needs",
            trigger: ".o_field_widget[name='resource_ids'] .o_data_row:contains('OR1')",
        },
        ...openMenu("menu_census_schedule", "menu_ehr_appointment_today"),
        {
            content: "Today, by place",
            trigger: ".o_list_view .o_group_header:contains('OR1')",
            run: "click",
        },
        {
            content: "What was called off is not among them",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('F-2'))) .o_data_row:contains('F-1')",
        },
        {
            content: "See what was called off as well",
            trigger: ".o_facet_value:contains('Not called off')",
        },
        {
            content: "Remove the filters",
            trigger: ".o_searchview_facet:contains('Not called off') .o_facet_remove",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o_list_view .o_data_row:contains('F-2'):contains('Cancelled'), .o_list_view .o_group_header:contains('OR1')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_bridge_payers", {
    steps: () => [
        ...openMenu("menu_census_configuration", "menu_ehr_payer"),
        {
            content: "Nobody is listed, and what the list is for",
            trigger: ".o_view_nocontent:contains('List the payers')",
        },
        {
            content: "Add one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Its code, as messages have it",
            trigger: ".o_selected_row .o_field_widget[name='code'] input",
            run: "edit AOK",
        },
        {
            content: "Its name",
            trigger: ".o_selected_row .o_field_widget[name='name'] input",
            run: "edit AOK Nordost",
        },
        {
            content: "Save",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "It is listed",
            trigger: ".o_data_row:not(.o_selected_row):contains('AOK Nordost')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_bridge_look_up", {
    steps: () => [
        ...openMenu("menu_census_patients", "menu_ehr_patient_lookup"),
        {
            content: "A number that nobody has",
            trigger: ".modal .o_field_widget[name='number'] input",
            run: "edit 4712",
        },
        {
            content: "Why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit The ward asks which bed was meant",
        },
        {
            content: "Find",
            trigger: ".modal button[name='action_open_found']",
            run: "click",
        },
        {
            content: "Nobody, and what to do",
            trigger: ".modal .o_error_dialog:contains('Enter the whole number'), .modal-body:contains('Enter the whole number')",
        },
        {
            content: "Close",
            trigger: ".modal:contains('Enter the whole number') .modal-footer button.btn-primary",
            run: "click",
        },
        {
            content: "The form is still there: the right number",
            trigger: ".modal:not(:contains('Enter the whole number')) .o_field_widget[name='number'] input",
            run: "edit 4711",
        },
        {
            content: "Find",
            trigger: ".modal button[name='action_open_found']",
            run: "click",
        },
        {
            content: "The patient, by pseudonym, and the visits",
            trigger: ".o_form_view .o_field_widget[name='encounter_ids'] .o_data_row:contains('V-1')",
        },
    ],
});
