import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const lines = ".o_field_widget[name='line_ids']";

registry.category("web_tour.tours").add("integration_ehr_supply_requisition", {
    steps: () => [
        {
            content: "A ward has ordered something that is there in part",
            trigger: ".o_kanban_group:contains('To pick') .o_kanban_record:contains('1 item, PO1')",
            run: "click",
        },
        {
            content: "What was answered, and why",
            trigger: `${lines} .o_data_row:contains('Gloves'):contains('Accepted in part'):contains('Not enough stock')`,
        },
        {
            content: "The transfer that it led to",
            trigger: "button[name='action_open_transfers']:contains('1')",
            run: "click",
        },
        {
            content: "What is there goes to the ward",
            trigger: "button[name='button_validate']",
            run: "click",
        },
        {
            content: "The rest waits in a back order",
            trigger: ".modal button[name='process']",
            run: "click",
        },
        {
            content: "From the transfer back to the requisition",
            trigger: "body:not(:has(.modal)) button[name='action_open_ehr_requisitions']",
            run: "click",
        },
        {
            content: "It is delivered in part, and waits for stock",
            trigger: `${lines} .o_data_row:contains('Delivered in part')`,
        },
        {
            content: "There are two transfers now",
            trigger: "button[name='action_open_transfers']:contains('2')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_supply_by_hand", {
    steps: () => [
        {
            content: "The feed is down: enter what the ward phones in",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            content: "For whom",
            trigger: ".o_field_widget[name='route_id'] input",
            run: "edit 4W",
        },
        {
            content: "This ward",
            trigger: ".o-autocomplete--dropdown-item:contains('4W')",
            run: "click",
        },
        {
            content: "Why by hand",
            trigger: ".o_field_widget[name='hand_reason'] input",
            run: "edit feed down since 7:40",
        },
        {
            content: "What they need",
            trigger: `${lines} .o_field_x2many_list_row_add a`,
            run: "click",
        },
        {
            content: "Gloves",
            trigger: `${lines} .o_selected_row .o_field_widget[name='product_id'] input`,
            run: "edit Gloves",
        },
        {
            content: "These",
            trigger: ".o-autocomplete--dropdown-item:contains('Gloves')",
            run: "click",
        },
        {
            content: "Two of them",
            trigger: `${lines} .o_selected_row .o_field_widget[name='quantity'] input`,
            run: "edit 2",
        },
        ...stepUtils.saveForm(),
        {
            content: "Supply it",
            trigger: "button[name='action_supply']",
            run: "click",
        },
        {
            content: "It is set aside",
            trigger: `${lines} .o_data_row:contains('Accepted'):contains('Ready')`,
        },
    ],
});
