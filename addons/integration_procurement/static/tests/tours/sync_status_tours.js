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
            trigger: ".o_integration_sync_details:contains('The other side refused it')",
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
            trigger: ".o_form_view .o_integration_sync_summary:contains('other side refused it')",
        },
        {
            content: "Open the details",
            trigger: `.o_form_view ${BADGE}`,
            run: "click",
        },
        {
            content: "Whoever looks after interfaces reads what exactly happened",
            trigger: ".o_integration_sync_detail:contains('HTTP 422')",
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

registry.category("web_tour.tours").add("integration_procurement_buyer", {
    steps: () => [
        {
            content: "A banner says in plain words what happened",
            trigger:
                ".o_integration_sync.alert .o_integration_sync_summary:contains('refused it')",
        },
        {
            content: "… and what to do next",
            trigger: ".o_integration_sync_next_step:contains('Ask the other side what is wrong')",
        },
        {
            content: "Nothing technical, and nothing that a buyer may not do",
            trigger: `.o_form_view ${BADGE}`,
            run: "click",
        },
        {
            content: "Not even in the details",
            trigger:
                ".o_integration_sync_details:contains('refused it'):not(:contains('HTTP')):not(:has(button))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_procurement_retry_failed", {
    steps: () => [
        {
            content: "Select the order that failed",
            trigger: `.o_data_row:has(${BADGE}) .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "Send again what failed",
            trigger: ".o-dropdown-item:contains('Retry failed messages')",
            run: "click",
        },
        {
            content: "It says what it did",
            trigger: ".o_notification:contains('1 queued again')",
        },
        {
            content: "The list follows",
            trigger: ".o_data_row button.o_integration_sync_badge[data-value='pending']",
        },
    ],
});
