import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import {
    choose,
    giveReason,
    inScreen,
    openApp,
    openNew,
    openSubmenu,
    press,
    reaches,
} from "./steps";

const openWaivers = () => [
    ...openApp(),
    ...openSubmenu("menu_governance", "menu_waivers", "Waivers"),
];

const openWaiver = () => [
    {
        content: "Open the waiver",
        trigger: ".o_data_row td[name='display_name']:contains('Tour interface')",
        run: "click",
    },
    {
        content: "Its form is open",
        trigger: ".o_form_view .oe_title:contains('Tour interface: Unencrypted')",
    },
];

registry.category("web_tour.tours").add("integration_core_ask_waiver", {
    steps: () => [
        ...openWaivers(),
        ...openNew(),
        choose("interface_id", "Tour interface"),
        {
            content: "Why?",
            trigger: ".o_field_widget[name='reason'] textarea",
            run: "edit The gateway gets its certificate in March",
        },
        ...stepUtils.saveForm(),
        press("action_submit", "Ask for it"),
        reaches("in_review"),
        {
            content: "Whoever asks cannot grant it",
            trigger: ".o_form_view:not(:has(button[name='action_approve']))",
        },
        {
            content: "What was asked for does not change any more",
            trigger: ".o_field_widget[name='valid_until'].o_readonly_modifier",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_grant_waiver", {
    steps: () => [
        ...openWaivers(),
        ...openWaiver(),
        press("action_approve", "Grant it"),
        reaches("approved"),
        {
            content: "It says who granted it",
            trigger: ".o_field_widget[name='approved_by_id']:contains('tour.approver')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_revoke_waiver", {
    steps: () => [
        ...openWaivers(),
        ...openWaiver(),
        reaches("approved"),
        press("action_ask_revoke", "Revoke it"),
        {
            content: "It says what follows",
            trigger: ".modal .alert:contains('stops at once')",
        },
        ...giveReason("The gateway has its certificate"),
        reaches("revoked"),
        {
            content: "The reason is kept",
            trigger: ".o-mail-Message:contains('Revoked: The gateway has its certificate')",
        },
        {
            content: "There is nothing left to revoke",
            trigger: ".o_form_view:not(:has(button[name='action_ask_revoke']))",
        },
        {
            content: "Back to the list",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:contains('Waivers') a",
            run: "click",
        },
        inScreen("Waivers"),
        {
            content: "The list says so",
            trigger:
                ".o_data_row:contains('Tour interface') .o_integration_state[data-value='revoked']",
        },
    ],
});
