import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import {
    confirm,
    inScreen,
    openApp,
    openNew,
    openSubmenu,
    press,
    reaches,
    writeCode,
} from "./steps";

const SCHEMA = `{
  "type": "object",
  "required": ["ward"],
  "properties": {"ward": {"type": "string"}}
}`;

registry.category("web_tour.tours").add("integration_core_write_contract", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_governance", "menu_contracts", "Contracts"),
        ...openNew(),
        {
            content: "Name the contract",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Tour contract",
        },
        {
            content: "Give it a code",
            trigger: ".o_field_widget[name='code'] input",
            run: "edit tour.contract",
        },
        ...stepUtils.saveForm(),
        press("action_new_version", "Begin its first version"),
        {
            content: "A draft with the first number",
            trigger: ".o_field_widget[name='version'] input:value(1.0.0)",
        },
        reaches("draft"),
        {
            content: "Look at the schema",
            trigger: ".nav-link[name='schema']",
            run: "click",
        },
        writeCode("schema", SCHEMA),
        {
            content: "Look at the example",
            trigger: ".nav-link[name='example']",
            run: "click",
        },
        writeCode("example", '{"ward": 7}'),
        {
            content: "Save an example that its schema refuses",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "It says what is wrong with the example",
            trigger: ".modal:contains('breaks its own schema'):contains('/ward')",
        },
        {
            content: "Close",
            trigger: ".modal-footer button.btn-primary",
            run: "click",
        },
        {
            content: "Back at the example",
            trigger: "body:not(:has(.modal)) .o_field_widget[name='example'] .ace_editor",
        },
        writeCode("example", '{"ward": "7B"}'),
        ...stepUtils.saveForm(),
        press("action_submit", "Submit it for review"),
        reaches("in_review"),
        {
            content: "Whoever wrote it cannot approve it",
            trigger: ".o_form_view:not(:has(button[name='action_approve']))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_approve_contract", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_governance", "menu_approvals", "Waiting for approval"),
        {
            content: "Open what a colleague submitted",
            trigger: ".o_data_row:contains('tour.contract 1.0.0'):contains('tour.administrator') td[name='summary']",
            run: "click",
        },
        reaches("in_review"),
        {
            content: "There is nothing before it to compare with",
            trigger: ".o_form_view .o_field_widget[name='report']:contains('no approved version before')",
        },
        press("action_approve", "Approve it"),
        confirm(),
        reaches("approved"),
        ...openSubmenu("menu_governance", "menu_contracts", "Contracts"),
        {
            content: "The addons bring more contracts than fit on a page",
            trigger: ".o_searchview_input",
            run: "edit Tour contract",
        },
        {
            content: "Look for its name",
            trigger: ".o_searchview_autocomplete .o-dropdown-item.focus",
            run: "click",
        },
        {
            content: "The version is in force",
            trigger: ".o_data_row:contains('Tour contract') td[name='current_version_id']:contains('1.0.0')",
            run: "click",
        },
        inScreen("Tour contract"),
        {
            content: "The contract names who approved it",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('1.0.0'):contains('Approved')",
        },
    ],
});
