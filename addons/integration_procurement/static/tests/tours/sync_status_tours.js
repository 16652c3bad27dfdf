import { registry } from "@web/core/registry";

const BADGE = "button.o_integration_sync_badge[data-value='failed']";

registry.category("web_tour.tours").add("integration_procurement_sync_status", {
    steps: () => [
        {
            content: "The list says that an order failed; ask why",
            trigger: `.o_data_row ${BADGE}`,
            run: "click",
        },
        {
            content: "The reason in words",
            trigger: ".o_integration_sync_details:contains('refused the message')",
        },
        {
            content: "Escape closes it, and the list is still there",
            trigger: ".o_integration_sync_details button:contains('Retry now')",
            run: "press Escape",
        },
        {
            content: "Open the order",
            trigger: "body:not(:has(.o_integration_sync_details)) .o_data_row td[name='name']",
            run: "click",
        },
        {
            content: "The form tells the same",
            trigger: ".o_form_view .o_integration_sync_summary:contains('refused the message')",
        },
        {
            content: "Open the details",
            trigger: `.o_form_view ${BADGE}`,
            run: "click",
        },
        {
            content: "Try again",
            trigger: ".o_integration_sync_details button:contains('Retry now')",
            run: "click",
        },
        {
            content: "The form follows without a reload",
            trigger: ".o_form_view button.o_integration_sync_badge[data-value='pending']",
        },
    ],
});
