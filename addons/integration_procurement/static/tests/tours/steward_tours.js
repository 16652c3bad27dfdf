import { registry } from "@web/core/registry";

const ROW = ".o_integration_duplicate tr[data-member='name']";

registry.category("web_tour.tours").add("integration_procurement_possible_duplicate", {
    steps: () => [
        {
            content: "What was sent stands beside what Odoo has",
            trigger: `${ROW}:has(td:contains('Gauze, sent')):has(td:contains('Gauze, known'))`,
        },
        {
            content: "What is the same is marked",
            trigger: ".o_integration_duplicate tr[data-member='reference'] td.table-success:contains('GZ-1')",
        },
        {
            content: "It is this one",
            trigger: ".o_field_widget[name='candidate_ids'] button[name='action_ask_link']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] :is(input, textarea)",
            run: "edit The same gauze under its new number",
        },
        {
            content: "Decide",
            trigger: ".modal-footer button[name='action_confirm']",
            run: "click",
        },
        {
            content: "Nothing is to be decided any more",
            trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name='decision']:contains('exists')",
        },
    ],
});
