import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("integration_ehr_supply_kit", {
    steps: () => [
        {
            content: "The surgery whose kit is reserved",
            trigger: ".o_data_row:contains('F1') td[name='filler_number']",
            run: "click",
        },
        {
            content: "The schedule says that its kit is reserved",
            trigger: ".o_field_widget[name='kit_state']:contains('Reserved')",
        },
        {
            content: "To the reservation",
            trigger: "button[name='action_open_kits']:contains('1')",
            run: "click",
        },
        {
            content: "It is ready, for the day to which the surgery was moved",
            trigger: ".o_data_row:contains('Ready') td[name='name']",
            run: "click",
        },
        {
            content: "What the kit holds",
            trigger: ".o_field_widget[name='move_ids'] .o_data_row:contains('SWAB')",
        },
        {
            content: "What was used out of it",
            trigger: "button[name='action_open_ehr_consumptions']:contains('1')",
            run: "click",
        },
        {
            content: "The swabs",
            trigger: ".o_data_row:contains('SWAB') td[name='number']",
            run: "click",
        },
        {
            content: "From there to the stock move",
            trigger: "button[name='action_open_move']",
            run: "click",
        },
        {
            content: "And back",
            trigger: "button[name='action_open_ehr_consumptions']:contains('1')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_supply_demand", {
    steps: () => [
        {
            content: "What the schedule takes",
            trigger: ".o_data_row:contains('SWAB'):contains('24')",
        },
        {
            content: "What does that mean for ordering?",
            trigger: ".o_data_row:contains('SWAB') button[name='action_open_reordering']",
            run: "click",
        },
        {
            content: "A quantity is suggested",
            trigger: ".o_data_row:contains('SWAB') button[name='action_take_ehr_suggestion']",
            run: "click",
        },
        {
            content: "It was taken over",
            trigger: ".o_data_row:contains('SWAB'):not(:has(button[name='action_take_ehr_suggestion']))",
        },
    ],
});
