import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openInvoicing = [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open Invoicing",
        trigger: ".o_app[data-menu-xmlid='account.menu_finance']",
        run: "click",
    },
    {
        content: "What payers say",
        trigger: "button[data-menu-xmlid='integration_ehr_payer.menu_payers']",
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_ehr_payer_held", {
    steps: () => [
        ...openInvoicing,
        {
            content: "Invoices that wait for a payer",
            trigger: "[data-menu-xmlid='integration_ehr_payer.menu_ehr_eligibility']",
            run: "click",
        },
        {
            content: "The payer was asked",
            trigger:
                ".o_data_row:has(td[name='state']:contains('Asked')) td[name='payer_id']:contains('AOK')",
            run: "click",
        },
        {
            content: "Open the visit",
            trigger: ".o_form_view .o_field_widget[name='encounter_id'] a",
            run: "click",
        },
        {
            content: "The visit shows it as well",
            trigger: ".o_form_view .o_field_widget[name='eligibility_state']:contains('Asked')",
        },
        {
            content: "With its questions",
            trigger: ".o_form_view .nav-link[name='cover']",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_field_widget[name='eligibility_ids'] .o_data_row:contains('Asked')",
        },
        {
            content: "Back to the question",
            trigger: ".breadcrumb .o_back_button, .o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "Release it",
            trigger: ".o_form_view button[name='action_ask_override']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Confirmed on the phone",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It is released",
            trigger: ".o_form_view:not(:has(.modal)) .o_field_widget[name='release_reason']:contains('Confirmed')",
        },
        {
            content: "To the invoice",
            trigger: "button[data-menu-xmlid='account.menu_finance_receivables']",
            run: "click",
        },
        {
            content: "All invoices",
            trigger: "[data-menu-xmlid='account.menu_action_move_out_invoice_type']",
            run: "click",
        },
        {
            content: "The draft",
            trigger: ".o_data_row:contains('Sickness fund') td[name='amount_total_in_currency_signed'], .o_data_row:contains('Sickness fund') .o_list_number",
            run: "click",
        },
        {
            content: "Post it",
            trigger: ".o_form_view button[name='action_post']:not(:hidden)",
            run: "click",
        },
        {
            content: "Claim it",
            trigger: ".o_form_view button[name='action_submit_claim']",
            run: "click",
        },
        {
            content: "Go on",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "It is submitted",
            trigger: ".o_form_view .o_arrow_button_current:contains('Submitted')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_payer_denied", {
    steps: () => [
        ...openInvoicing,
        {
            content: "The work list",
            trigger: "[data-menu-xmlid='integration_ehr_payer.menu_ehr_denial']",
            run: "click",
        },
        {
            content: "The denied line",
            trigger:
                ".o_data_row:has(td[name='reason_text']:contains('Not covered')):has(td[name='amount']:contains('13.25')) td[name='name']",
            run: "click",
        },
        {
            content: "The score says why",
            trigger: ".o_form_view .o_field_widget[name='score_text']:contains('is at stake')",
        },
        {
            content: "Take it",
            trigger: ".o_form_view button[name='action_take']",
            run: "click",
        },
        {
            content: "It is taken",
            trigger: ".o_form_view .o_field_widget[name='user_id']:has(img), .o_form_view .o_field_widget[name='user_id'] input",
        },
        {
            content: "Write it off",
            trigger: ".o_form_view button[name='action_ask_write_off']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Costs more than it brings",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It is written off",
            trigger: ".o_form_view .o_field_widget[name='act_reason']:contains('Costs more')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_ehr_payer_member", {
    steps: () => [
        ...openInvoicing,
        {
            content: "Covers",
            trigger: "[data-menu-xmlid='integration_ehr_payer.menu_ehr_coverage']",
            run: "click",
        },
        {
            content: "The cover",
            trigger: ".o_data_row td[name='payer_id']:contains('AOK')",
            run: "click",
        },
        {
            content: "Its member number is masked",
            trigger: ".o_form_view .o_field_widget[name='member_shown']:contains('••••')",
        },
        {
            content: "Show it",
            trigger: ".o_form_view button[name='action_ask_reveal_member']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit The payer asks whose claim it is",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "There it is",
            trigger: ".o_notification:contains('A123456789')",
        },
        {
            content: "It goes by itself",
            trigger: "body:not(:has(.o_notification:contains('A123456789')))",
        },
    ],
});
