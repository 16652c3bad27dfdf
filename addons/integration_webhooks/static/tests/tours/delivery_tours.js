import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import {
    choose,
    confirm,
    openMenu,
    openNew,
    press,
    reaches,
} from "@integration_core/../tests/tours/steps";

const NAME = "Tour endpoint";
const SECONDS = 20;

const openTab = (name, content) => ({
    content,
    trigger: `.nav-link[name='${name}']`,
    run: "click",
});

/** Waits for what somebody else does, without looking at a screen. */
const colleagueApproves = () => ({
    content: "A colleague approves it meanwhile",
    trigger: ".o_statusbar_status:has(button[data-value='in_review'].o_arrow_button_current)",
    async run() {
        const domain = [
            ["name", "=", NAME],
            ["state", "=", "approved"],
        ];
        for (let looks = 0; looks < SECONDS * 5; looks++) {
            const count = await rpc("/web/dataset/call_kw/integration.interface/search_count", {
                model: "integration.interface",
                method: "search_count",
                args: [domain],
                kwargs: {},
            });
            if (count) {
                return;
            }
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
        throw new Error("nobody approved it");
    },
});

const create = () => [
    // Where there is no interface yet, the overview has no card to wait for.
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    ...openMenu("menu_interfaces", "Interfaces"),
    ...openNew(),
    {
        content: "Name it",
        trigger: ".o_field_widget[name='name'] input",
        run: `edit ${NAME}`,
    },
    choose("system_id", "Tour partner"),
    {
        content: "It travels …",
        trigger: ".o_field_widget[name='transport'] input",
        run: "click",
    },
    {
        content: "… as a webhook",
        trigger: ".o_select_menu_item:contains('Webhook')",
        run: "click",
    },
    choose("event_type_ids", "Purchase order confirmed"),
    openTab("address_security", "Say where to"),
    {
        content: "The address of the endpoint",
        trigger: ".o_field_widget[name='url'] input",
        run(helpers) {
            // Its port is free by chance: who plays the tour has left the address here.
            return helpers.edit(localStorage.getItem("integration_tour_url"));
        },
    },
    {
        content: "It is on a private network",
        trigger: ".o_field_widget[name='allowed_networks'] input",
        run: "edit 127.0.0.0/8",
    },
    choose("credential_id", "Tour secret"),
    ...stepUtils.saveForm(),
];

const activate = () => [
    {
        content: "Nothing is missing",
        trigger: ".alert:contains('It is complete')",
    },
    press("action_submit", "Submit it for review"),
    colleagueApproves(),
    {
        content: "Back to the interfaces",
        trigger: ".o_breadcrumb a:contains('Interfaces'), .o_back_button",
        run: "click",
    },
    {
        content: "Open what is approved now",
        trigger: `.o_kanban_record:contains('${NAME}'), .o_data_row:contains('${NAME}') td[name='name']`,
        run: "click",
    },
    reaches("approved"),
    press("action_activate", "Activate it"),
    confirm(),
    reaches("active"),
];

const sendTest = () => [
    press("action_send_test", "Send a test"),
    {
        content: "Its delivery is open",
        trigger: ".o_form_view h1:contains('Test')",
    },
];

const stateIs = (state) => ({
    content: `The delivery is ${state}, without a reload`,
    trigger: `.o_form_sheet .o_integration_state[data-value='${state}']`,
    timeout: 30000,
});

registry.category("web_tour.tours").add("integration_webhooks_delivery", {
    steps: () => [
        ...create(),
        ...activate(),
        // The partner takes it.
        ...sendTest(),
        stateIs("done"),
        openTab("attempts", "How was it delivered?"),
        {
            content: "At once",
            trigger: ".o_field_widget[name='attempt_ids'] .o_data_row:contains('202')",
        },
        openTab("content", "What was it?"),
        {
            content: "What was sent, as it was sent",
            trigger: ".o_integration_piece[data-stage='sent'] .ace_content:contains('integration.test')",
        },
        {
            content: "Back to the interface",
            trigger: `.o_breadcrumb a:contains('${NAME}'), .o_back_button`,
            run: "click",
        },
        reaches("active"),
        // The partner refuses it.
        ...sendTest(),
        stateIs("dead"),
        {
            content: "It says what the partner said, and whose fault it is",
            trigger: ".alert-danger:contains('This message was given up'):contains('422')",
        },
        ...openMenu("menu_dead_letters", "Dead letters"),
        {
            content: "It is among the dead letters, below its interface",
            trigger: ".o_data_row:contains('Test message') td[name='kind_name']",
            run: "click",
        },
        stateIs("dead"),
        press("action_retry", "The partner has mended it: once more"),
        stateIs("done"),
        openTab("history", "What happened to it?"),
        {
            content: "It was refused, then retried, then delivered",
            trigger:
                ".o_integration_history:contains('Dead letter'):contains('Retried'):contains('Done')",
        },
        // The partner has lost it, and asks for it again.
        {
            content: "Replay what was delivered",
            trigger: ".o_form_statusbar button:contains('Replay')",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit The partner has lost it",
        },
        {
            content: "Confirm",
            trigger: ".modal footer button:contains('Replay')",
            run: "click",
        },
        {
            content: "Open what it became",
            trigger: ".oe_stat_button[name='action_open_replays']",
            run: "click",
        },
        {
            content: "A message of its own, which knows its original",
            trigger: ".o_form_sheet .o_field_widget[name='original_id']",
        },
        stateIs("done"),
    ],
});
