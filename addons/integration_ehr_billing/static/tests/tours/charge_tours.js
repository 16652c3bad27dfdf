import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("integration_ehr_billing_credited", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Invoicing",
            trigger: ".o_app[data-menu-xmlid='account.menu_finance']",
            run: "click",
        },
        {
            content: "Open the charges",
            trigger: "button[data-menu-xmlid='integration_ehr_billing.menu_charges']",
            run: "click",
        },
        {
            content: "All of them",
            trigger: "[data-menu-xmlid='integration_ehr_billing.menu_ehr_charge']",
            run: "click",
        },
        {
            content: "The charge was credited",
            trigger:
                ".o_data_row:has(td[name='number']:contains('TX-1')):has(td[name='state']:contains('Credited')) td[name='product_id']",
            run: "click",
        },
        {
            content: "See what took it back",
            trigger: ".o_form_view button[name='action_open_credits']:contains('Credits')",
            run: "click",
        },
        {
            content: "All of it is on a draft credit note",
            trigger:
                ".o_data_row:has(td[name='number']:contains('CR-1')):has(td[name='state']:contains('draft')):has(td[name='amount']:contains('900.00')) td[name='product_id']",
            run: "click",
        },
        {
            content: "Open it",
            trigger: ".o_form_view button[name='action_open_invoice']",
            run: "click",
        },
        {
            content: "The credit note knows its charges",
            trigger: ".o_form_view button[name='action_open_ehr_charges']:contains('1')",
            run: "click",
        },
        {
            content: "Back to the charges",
            trigger: ".o_list_view .o_data_row:contains('CR-1')",
        },
        {
            content: "Somebody has to decide about another one",
            trigger: "button[data-menu-xmlid='integration_ehr_billing.menu_charges']",
            run: "click",
        },
        {
            content: "Open what waits",
            trigger: "[data-menu-xmlid='integration_ehr_billing.menu_ehr_charge_decide']",
            run: "click",
        },
        {
            content: "The amount is not our price",
            trigger: ".o_data_row:contains('differs from our price') td[name='name']",
            run: "click",
        },
        {
            content: "Take the sender's",
            trigger: ".o_form_view button[name='action_accept']",
            run: "click",
        },
        {
            content: "It is decided",
            trigger: ".o_form_view:contains('Accepted')",
        },
    ],
});
