import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import {
    choose,
    confirm,
    inScreen,
    openApp,
    openNew,
    openSubmenu,
    press,
    reaches,
} from "./steps";

const fieldOf = (widget, name, popover = ".o_model_field_selector_popover") => [
    {
        content: `Choose ${widget}`,
        trigger: `.o_field_widget[name='${widget}'] .o_model_field_selector`,
        run: "click",
    },
    {
        content: `Take ${name}`,
        trigger: `${popover} [data-name='${name}'] .o_model_field_selector_popover_item_name`,
        run: "click",
    },
    {
        content: "The list of fields is closed",
        trigger: `body:not(:has(${popover}))`,
    },
];

const definition = () => [
    {
        content: "Name it",
        trigger: ".o_field_widget[name='name'] input",
        run: "edit Contact is a company",
    },
    {
        content: "Give it a code",
        trigger: ".o_field_widget[name='code'] input",
        run: "edit tour.contact.company",
    },
    {
        content: "Of which kind of documents does it tell?",
        trigger: ".o_field_widget[name='model_name'] input",
        run: "edit res.partner",
    },
    {
        content: "Contacts",
        trigger: ".o_field_widget[name='model_name'] .o_model_selector_res_partner",
        run: "click",
    },
    {
        content: "It happens when a field reaches a value",
        trigger: ".o_field_widget[name='trigger'] input[data-value='reaches']:checked",
    },
    ...fieldOf("field_name", "is_company"),
    {
        content: "Choose the value",
        trigger: ".o_field_widget[name='field_value'] select:has(option[value='True'])",
        run: "select True",
    },
    {
        content: "Say what is told",
        trigger: ".nav-link[name='content']",
        run: "click",
    },
    {
        content: "A field of the contact",
        trigger: ".o_field_widget[name='field_ids'] .o_field_x2many_list_row_add a",
        run: "click",
    },
    ...fieldOf("path", "name"),
    ...stepUtils.saveForm(),
    {
        content: "Nothing subscribes, and the form says so",
        trigger: ".alert:contains('No active interface subscribes')",
    },
];

const trial = () => [
    {
        content: "Try it",
        trigger: ".nav-link[name='try']",
        run: "click",
    },
    {
        content: "Choose an example",
        trigger: ".o_integration_event_example input",
        run: "edit Tour example",
    },
    {
        content: "The contact there is",
        trigger: ".o_integration_event_example .dropdown-item:contains('Tour example')",
        run: "click",
    },
    {
        content: "Look",
        trigger: ".o_integration_try:enabled",
        run: "click",
    },
    {
        content: "What an event would carry",
        trigger: ".o_integration_json:contains('Tour example')",
    },
    {
        content: "Let the contract be written",
        trigger: ".o_integration_write_contract:enabled",
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_core_define_event", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_configuration", "menu_event_types", "Event types"),
        ...openNew(),
        ...definition(),
        ...trial(),
        inScreen("Contact is a company"),
        {
            content: "Open the draft that fits the event",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row td[name='version']",
            run: "click",
        },
        reaches("draft"),
        press("action_submit", "Submit it for review"),
        reaches("in_review"),
    ],
});

registry.category("web_tour.tours").add("integration_core_subscribe_event", {
    steps: () => [
        ...openApp(),
        {
            content: "Open the draft interface",
            trigger: ".o_kanban_record:contains('Tour interface')",
            run: "click",
        },
        reaches("draft"),
        choose("event_type_ids", "Contact is a company", "Contact is"),
        {
            content: "It is chosen",
            trigger: ".o_field_widget[name='event_type_ids'] .o_tag:contains('Contact is a company')",
        },
        ...stepUtils.saveForm(),
        press("action_submit", "Submit it for review"),
        reaches("in_review"),
    ],
});

registry.category("web_tour.tours").add("integration_core_activate_event", {
    steps: () => [
        ...openApp(),
        {
            content: "Open the approved interface",
            trigger: ".o_kanban_record:contains('Tour interface')",
            run: "click",
        },
        reaches("approved"),
        press("action_activate", "Activate it"),
        confirm(),
        reaches("active"),
    ],
});

registry.category("web_tour.tours").add("integration_core_fire_event", {
    steps: () => [
        {
            content: "A new contact",
            trigger: ".o_field_widget[name='company_type'] input[data-value='company']",
            run: "click",
        },
        {
            content: "Name the company",
            trigger: ".o_field_widget[name='name'] [placeholder='e.g. Lumber Inc']",
            run: "edit Tour company",
        },
        ...stepUtils.saveForm(),
        ...openApp(),
        ...openSubmenu("menu_traffic", "menu_events", "Events"),
        {
            content: "The event has happened",
            trigger: ".o_data_row:contains('Contact is a company') td:contains('Tour company')",
            run: "click",
        },
        {
            content: "Its form says what happened, and to what",
            trigger: ".o_form_view .oe_title:contains('Contact is a company'):contains('Tour company')",
        },
        {
            content: "Look at its content",
            trigger: ".nav-link[name='data']",
            run: "click",
        },
        {
            content: "It carries what was listed",
            trigger: ".o_integration_piece .ace_content:contains('Tour company')",
        },
    ],
});
