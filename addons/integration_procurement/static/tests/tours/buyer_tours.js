import { registry } from "@web/core/registry";

const FAILED = "button.o_integration_sync_badge[data-value='failed']";
const BANNER = ".o_form_view .alert:contains('The supplier says otherwise')";

registry.category("web_tour.tours").add("integration_procurement_buyer_failed", {
    steps: () => [
        {
            content: "An order failed; ask why",
            trigger: `.o_data_row ${FAILED}`,
            run: "click",
        },
        {
            content: "The reason in words, and no retry without the right",
            trigger:
                ".o_integration_sync_details:contains('The other side refused it'):not(:has(button:contains('Retry now')))",
        },
        {
            content: "Close it",
            trigger: ".o_integration_sync_details",
            run: "press Escape",
        },
        {
            content: "Open the order",
            trigger: `body:not(:has(.o_integration_sync_details)) .o_data_row:has(${FAILED}) td[name='name']`,
            run: "click",
        },
        {
            content: "It went by phone",
            trigger: ".o_form_statusbar button[name='action_ask_sent_otherwise']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Their system is down",
        },
        {
            content: "What happens is told before",
            trigger: ".modal td:contains('could not be sent')",
        },
        {
            content: "Go on",
            trigger: ".modal-footer button[name='action_confirm']",
            run: "click",
        },
        {
            content: "The order says so",
            trigger: "body:not(:has(.modal)) .o_form_view .alert:contains('Their system is down')",
        },
        {
            content: "Nothing is to be sent any more",
            trigger: ".o_form_view button.o_integration_sync_badge[data-value='cancelled']",
        },
    ],
});

registry.category("web_tour.tours").add("integration_procurement_buyer_deviation", {
    steps: () => [
        {
            content: "The supplier contradicts",
            trigger:
                ".o_data_row:has(button.o_integration_sync_badge[data-value='conflict']) td[name='name']",
            run: "click",
        },
        {
            content: "What the supplier says",
            trigger: `${BANNER}:contains('3.00 Units instead of 5.00 Units')`,
        },
        {
            content: "Decide",
            trigger: `${BANNER} button.o_integration_decide`,
            run: "click",
        },
        {
            content: "What is to be decided",
            trigger: ".o_list_view .o_data_row td[name='name']:contains('3.00 Units')",
            run: "click",
        },
        {
            content: "Both sides stand side by side; accept",
            trigger: ".o_form_view:has(td:contains('5.00 Units')) button[name='action_accept']",
            run: "click",
        },
        {
            content: "It is accepted; back to the order",
            trigger: ".o_form_view:has(button[data-value='accepted'].o_arrow_button_current) button[name='action_open_document']",
            run: "click",
        },
        {
            content: "The order has the quantity, and nothing is left to decide",
            trigger:
                ".o_form_view.o_purchase_order:not(:has(.alert:contains('says otherwise'))) td[name='product_qty']:contains('3.00')",
        },
    ],
});
