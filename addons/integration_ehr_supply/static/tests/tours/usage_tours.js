import { registry } from "@web/core/registry";

const state = ".o_field_widget[name='kit_state']";
const items = ".o_field_widget[name='move_ids']";

/** From the schedule to the transfer that reserves the kit of surgery F1, in so many days. */
function toTheReservation(days) {
    const day = luxon.DateTime.utc().plus({ days }).toFormat("LLL d");
    return [
        {
            content: "The surgery in the schedule",
            trigger: ".o_data_row:contains('F1') td[name='filler_number']",
            run: "click",
        },
        {
            content: "The schedule says that its kit is reserved",
            trigger: `${state}:contains('Reserved')`,
        },
        {
            content: "There is one transfer for it",
            trigger: "button[name='action_open_kits']:contains('1')",
            run: "click",
        },
        {
            content: "It is ready, for the day of the surgery",
            trigger: `.o_data_row:contains('Ready'):has(td[name='scheduled_date']:contains('${day},')) td[name='name']`,
            run: "click",
        },
    ];
}

registry.category("web_tour.tours").add("integration_ehr_supply_kit_reserved", {
    steps: () => [
        ...toTheReservation(7),
        {
            content: "All swabs of the kit",
            trigger: `${items} .o_data_row:contains('SWAB'):has(td[name='product_uom_qty']:contains('24'))`,
        },
        {
            content: "And the stem",
            trigger: `${items} .o_data_row:contains('STEM'):has(td[name='product_uom_qty']:contains('1'))`,
        },
        {
            content: "Nothing is used yet",
            trigger: "body:not(:has(button[name='action_open_ehr_consumptions']))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_supply_kit_rescheduled", {
    steps: () => [
        ...toTheReservation(9),
        {
            content: "With all of its items",
            trigger: `${items} .o_data_row:contains('SWAB'):has(td[name='product_uom_qty']:contains('24'))`,
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_supply_kit_used", {
    steps: () => [
        ...toTheReservation(9),
        {
            content: "What was not used is still reserved",
            trigger: `${items} .o_data_row:contains('SWAB'):has(td[name='product_uom_qty']:contains('14'))`,
        },
        {
            content: "What was used out of it",
            trigger: "button[name='action_open_ehr_consumptions']:contains('2')",
            run: "click",
        },
        {
            content: "The stem, by its serial number",
            trigger: ".o_data_row:contains('STEM'):contains('SN7')",
        },
        {
            content: "The swabs",
            trigger: ".o_data_row:contains('SWAB'):has(td[name='quantity']:contains('10')) td[name='number']",
            run: "click",
        },
        {
            content: "Out of the kit",
            trigger: "button[name='action_open_kit']",
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

registry.category("web_tour.tours").add("integration_ehr_supply_kit_released", {
    steps: () => [
        {
            content: "The surgery in the schedule",
            trigger: ".o_data_row:contains('F1') td[name='filler_number']",
            run: "click",
        },
        {
            content: "Its kit is over",
            trigger: `${state}:contains('Used or released')`,
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
