import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("integration_ehr_bridge_fhir_facade", {
    steps: () => [
        {
            content: "What the partner may read",
            trigger: ".o_form_view .nav-link[name='fhir_facade']",
            run: "click",
        },
        {
            content: "Locations are shown",
            trigger: ".o_field_widget[name='fhir_show_location'] input:checked",
        },
        {
            content: "As a list",
            trigger: ".o_field_widget[name='fhir_shows']:contains('Location, Organization')",
        },
        {
            content: "See an answer",
            trigger: "button:contains('Try it')",
            run: "click",
        },
        {
            content: "Of places",
            trigger: ".modal .o_field_widget[name='resource'] select, .modal .o_field_widget[name='resource'] input",
            run: "click",
        },
        {
            content: "Choose them",
            trigger: ".o_select_menu_item:contains('Location')",
            run: "click",
        },
        {
            content: "By name",
            trigger: ".modal .o_field_widget[name='query'] input",
            run: "edit name=Tour Ward",
        },
        {
            content: "Ask",
            trigger: ".modal button[name='action_ask']",
            run: "click",
        },
        {
            content: "The answer is there",
            trigger: ".modal .o_field_widget[name='answer']:contains('Tour Ward')",
        },
        {
            content: "Close",
            trigger: ".modal button[special='cancel']",
            run: "click",
        },
        {
            content: "The form is back",
            trigger: "body:not(:has(.modal)) .o_form_view",
        },
    ],
});
