import { registry } from "@web/core/registry";
import { openMonitoring } from "./monitoring_tours";

// On a real server with a real partner: nothing is mocked, so the screens are waited for.
const PATIENCE = 60000; // the most that a step may take
const CARD = ".o_im_card:contains('Tour orders')";

const backToOverview = () => [
    {
        content: "Back to the overview",
        trigger: ".o_breadcrumb a:contains('Overview'), .o_breadcrumb .o_back_button",
        run: "click",
    },
    {
        content: "The overview is there",
        trigger: ".o_im_overview .o_im_tiles",
    },
];

const mendOne = () => [
    {
        content: "The interface is degraded, and says why",
        trigger: `${CARD}:has([data-light='degraded']) .o_im_reason:contains('Dead letters')`,
        timeout: PATIENCE,
    },
    {
        content: "Open what its number counts",
        trigger: `${CARD} .o_im_count.o_im_bad:contains('3'):contains('dead letters')`,
        run: "click",
    },
    {
        content: "These three messages, and open the first",
        trigger:
            ".o_list_view:has(.o_data_row:eq(2)):not(:has(.o_data_row:eq(3))) .o_data_row:first td[name='kind_name']",
        run: "click",
    },
    {
        content: "It says what the partner said",
        trigger: ".alert-danger:contains('This message was given up'):contains('422')",
    },
    {
        content: "The partner has mended it: once more",
        trigger: ".o_form_statusbar button[name='action_retry']:enabled",
        run: "click",
    },
    {
        content: "It is delivered, without a reload",
        trigger: ".o_form_sheet .o_integration_state[data-value='done']",
        timeout: PATIENCE,
    },
];

const mendTheRest = () => [
    {
        content: "What else failed is one kind: open the list of kinds",
        trigger:
            ".o_im_tile[data-key='integration.error.group']:has(.o_im_value:contains('1')) .o_im_count",
        timeout: PATIENCE,
        run: "click",
    },
    {
        content: "Open the kind",
        trigger: ".o_data_row:contains('Tour orders') td[name='title']",
        run: "click",
    },
    {
        content: "Two messages of it wait",
        trigger: ".oe_stat_button[name='action_open_waiting']:contains('2')",
    },
    {
        content: "I look after it",
        trigger: ".o_form_statusbar button[name='action_take']:enabled",
        run: "click",
    },
    {
        content: "Retry all of them",
        trigger: ".o_form_statusbar button[name='action_retry']:enabled",
        run: "click",
    },
    {
        content: "The preview counts what the badge counts",
        trigger: ".modal .o_field_widget[name='scope_text']:contains('2 messages')",
    },
    {
        content: "Say why",
        trigger: ".modal .o_field_widget[name='reason'] input",
        run: "edit The partner has mended it",
    },
    {
        content: "Start",
        trigger: ".modal footer button[name='action_start']",
        run: "click",
    },
    {
        content: "Confirm the start",
        trigger: ".modal:contains('is fixed now') footer button.btn-primary",
        run: "click",
    },
    {
        content: "It runs to its end by itself",
        trigger: ".o_statusbar_status button[data-value='done'].o_arrow_button_current",
        timeout: PATIENCE,
    },
    {
        content: "Both were queued again",
        trigger: ".oe_stat_button[name='action_open_results'] .o_stat_value:contains('2')",
    },
];

const sayHow = () => [
    {
        content: "Back to the kind of failure",
        trigger: ".o_breadcrumb .o_back_button",
        run: "click",
    },
    {
        content: "Nothing of it waits; say that the cause is dealt with",
        trigger:
            ".o_form_view:has(.oe_stat_button[name='action_open_waiting']:contains('0')) button[name='action_ask_resolve']:enabled",
        run: "click",
    },
    {
        content: "What was done",
        trigger: ".modal .o_field_widget[name='way'] input",
        run: "click",
    },
    {
        content: "The partner did it",
        trigger: ".o_select_menu_item:contains('partner')",
        run: "click",
    },
    {
        content: "In words",
        trigger: ".modal .o_field_widget[name='note'] textarea, .modal .o_field_widget[name='note'] input",
        run: "edit The partner opened its door again",
    },
    {
        content: "Resolve",
        trigger: ".modal footer button[name='action_confirm']",
        run: "click",
    },
    {
        content: "It is resolved",
        trigger: ".o_form_statusbar .badge:contains('Resolved')",
    },
];

registry.category("web_tour.tours").add("integration_monitoring_whole_way", {
    steps: () => [
        ...openMonitoring(),
        ...mendOne(),
        ...backToOverview(),
        ...mendTheRest(),
        ...sayHow(),
        ...openMonitoring(),
        {
            content: "Nothing of the interface is left over",
            trigger: `${CARD}:not(:contains('dead letters')):not(:has(.o_im_reason:contains('Dead letters')))`,
            timeout: PATIENCE,
        },
    ],
});
