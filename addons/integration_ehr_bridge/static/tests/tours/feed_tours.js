import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("integration_ehr_bridge_map_class", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Integrations app",
            trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
            run: "click",
        },
        {
            content: "See what waits for a decision",
            trigger: ".o_menu_sections [data-menu-xmlid='integration_core.menu_dead_letters']",
            run: "click",
        },
        {
            content: "A message of the feed was not understood",
            trigger: ".o_group_header:contains('ADT and schedule') ~ .o_data_row td[name='kind_name']",
            run: "click",
        },
        {
            content: "It says which list lacks a value",
            trigger: ".o_form_view:contains('hl7_patient_class')",
        },
        {
            content: "Open the configuration",
            trigger: "button[data-menu-xmlid='integration_core.menu_configuration']",
            run: "click",
        },
        {
            content: "Open the value maps",
            trigger: "[data-menu-xmlid='integration_core.menu_value_maps']",
            run: "click",
        },
        {
            content: "Take the classes of patients",
            trigger: ".o_data_cell:contains('HL7 v2: patient class')",
            run: "click",
        },
        {
            content: "Add a value",
            trigger: ".o_field_widget[name='line_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Day surgery, as the hospital writes it",
            trigger: ".o_selected_row .o_field_widget[name='source'] input",
            run: "edit DS",
        },
        {
            content: "What it means",
            trigger: ".o_selected_row .o_field_widget[name='target'] input",
            run: "edit outpatient",
        },
        ...stepUtils.saveForm(),
        {
            content: "Reprocess all that wait",
            trigger: "button[name='action_reprocess_waiting']",
            run: "click",
        },
        {
            content: "Go on",
            trigger: ".o_integration_reprocess_run",
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
            content: "The form is back",
            trigger: "body:not(:has(.o_integration_reprocess)) .o_form_view",
        },
    ],
});
