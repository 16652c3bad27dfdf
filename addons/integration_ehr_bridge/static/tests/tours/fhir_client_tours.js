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

const SERVER = "Tour records";
const FEED = "Tour visits";
const LOOKS = 150;

/** What whoever plays the tour has left: addresses and certificates are made by chance. */
const left = (name) => localStorage.getItem(`integration_tour_${name}`);

const openTab = (name, content) => ({
    content,
    trigger: `.o_form_view .nav-link[name='${name}']`,
    run: "click",
});

const select = (field, text) => [
    {
        content: `Open the choices of ${field}`,
        trigger: `.o_field_widget[name='${field}'] input`,
        run: "click",
    },
    {
        content: `Choose “${text}”`,
        trigger: `.o_select_menu_item:contains('${text}')`,
        run: "click",
    },
];

const write = (field, value, content) => ({
    content,
    trigger: `.o_field_widget[name='${field}'] input, .o_field_widget[name='${field}'] textarea`,
    run(helpers) {
        return helpers.edit(value());
    },
});

const openInterfaces = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    ...openMenu("menu_interfaces", "Interfaces"),
];

const begin = (name) => [
    ...openInterfaces(),
    ...openNew(),
    write("name", () => name, "Name it"),
    choose("system_id", "Tour clinic"),
];

const activate = (name) => [
    {
        content: "Nothing is missing",
        trigger: ".alert:contains('It is complete')",
    },
    press("action_submit", "Submit it for review"),
    {
        content: "A colleague approves it meanwhile",
        trigger: ".o_statusbar_status:has(button[data-value='in_review'].o_arrow_button_current)",
        async run() {
            const domain = [
                ["name", "=", name],
                ["state", "=", "approved"],
            ];
            for (let look = 0; look < LOOKS; look++) {
                const found = await rpc("/web/dataset/call_kw/integration.interface/search_count", {
                    model: "integration.interface",
                    method: "search_count",
                    args: [domain],
                    kwargs: {},
                });
                if (found) {
                    return;
                }
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
            throw new Error("nobody approved it");
        },
    },
    {
        content: "Back to the interfaces",
        trigger: ".o_breadcrumb a:contains('Interfaces'), .o_back_button",
        run: "click",
    },
    {
        content: "Open what is approved now",
        trigger: `.o_data_row:contains('${name}') td[name='name']`,
        run: "click",
    },
    reaches("approved"),
    press("action_activate", "Activate it"),
    confirm(),
    reaches("active"),
];

// A FHIR server is entered, tested and made live.
registry.category("web_tour.tours").add("integration_ehr_bridge_fhir_connect", {
    steps: () => [
        ...begin(SERVER),
        ...select("transport", "FHIR R4"),
        openTab("fhir_outbound", "What it does"),
        {
            content: "It reads",
            trigger: ".o_field_widget[name='fhir_purpose'] .o_radio_item:contains('Reads') input",
            run: "click",
        },
        write("fhir_ca", () => left("ca"), "Whose certificates are trusted"),
        openTab("address_security", "Say where"),
        write("url", () => left("url"), "The base address of the server"),
        write("allowed_networks", () => "127.0.0.0/8, ::1", "It is on a private network"),
        choose("credential_id", "Tour token"),
        ...select("data_class", "Clinical"),
        ...stepUtils.saveForm(),
        openTab("fhir_outbound", "Back to the server"),
        {
            content: "Does it answer?",
            trigger: ".o_form_view button[name='action_test_fhir_connection']",
            run: "click",
        },
        {
            content: "It does, and it is R4",
            trigger: ".modal .o_field_widget[name='release']:contains('4.0.1')",
            timeout: 30000,
        },
        {
            content: "It can do what is needed",
            trigger: ".modal .alert-success:contains('The server answers')",
        },
        {
            content: "Each thing that was looked at is told",
            trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row:contains('Good')",
        },
        {
            content: "Close it",
            trigger: ".modal footer button[special='cancel'], .modal footer button:contains('Close')",
            run: "click",
        },
        {
            content: "The form is back",
            trigger: "body:not(:has(.modal)) .o_form_view",
        },
        ...activate(SERVER),
    ],
});

// What changes there is polled, and handled.
registry.category("web_tour.tours").add("integration_ehr_bridge_fhir_poll", {
    steps: () => [
        ...begin(FEED),
        {
            content: "It receives",
            trigger: ".o_field_widget[name='direction'] .o_radio_item:contains('Inbound') input",
            run: "click",
        },
        ...select("transport", "FHIR R4"),
        choose("routing_id", "FHIR R4: visits"),
        choose("user_id", "Tour service"),
        choose("policy_id", "Tour policy"),
        openTab("fhir_poll", "Ask for what has changed"),
        choose("fhir_poll_interface_id", SERVER),
        write("fhir_poll_search", () => "Location\nEncounter", "What is asked for"),
        write("fhir_poll_seconds", () => "1", "How often"),
        ...stepUtils.saveForm(),
        ...activate(FEED),
        openTab("fhir_poll", "How is it going?"),
        {
            content: "Both searches were read",
            trigger:
                ".o_field_widget[name='fhir_poll_ids']:has(.o_data_row:contains('Location')) .o_data_row:contains('Encounter')",
        },
    ],
});

// A visit that was entered at the other side is seen here.
registry.category("web_tour.tours").add("integration_ehr_bridge_fhir_visit", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the census",
            trigger: ".o_app[data-menu-xmlid='integration_ehr_bridge.menu_census_root']",
            run: "click",
        },
        {
            content: "Open the menu",
            trigger:
                ".o_menu_sections button[data-menu-xmlid='integration_ehr_bridge.menu_census_patients']",
            run: "click",
        },
        {
            content: "The visits",
            trigger: ".dropdown-item[data-menu-xmlid='integration_ehr_bridge.menu_ehr_encounter']",
            run: "click",
        },
        {
            content: "It arrives while one looks",
            trigger: ".o_data_row:contains('TOUR-1'):contains('Present') td[name='visit_number']",
            timeout: 60000,
            run: "click",
        },
        {
            content: "Where the patient is",
            trigger: ".o_form_view .o_field_widget[name='location_id']:contains('TOURWARD')",
        },
        {
            content: "It is present",
            trigger: ".o_form_view .o_arrow_button_current:contains('Present')",
        },
        {
            content: "Which message told it",
            trigger: ".oe_stat_button[name='action_open_integration_messages']",
            run: "click",
        },
        {
            content: "It came over FHIR",
            trigger: ".o_data_row:contains('Encounter'), .o_form_view:contains('Encounter')",
        },
    ],
});
