import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { confirm, inScreen, openApp, openSubmenu, press, reaches } from "./steps";

const openChanges = () => ({
    content: "What is different from the version before",
    trigger: ".nav-link[name='changes']",
    run: "click",
});

const shows = (text) => ({
    content: `The changes show “${text}”`,
    trigger: `.o_integration_diff .text-success:contains('${text}')`,
});

registry.category("web_tour.tours").add("integration_core_change_routing", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_configuration", "menu_routings", "Routings"),
        {
            content: "Open the routing that is in use",
            trigger: ".o_data_row:contains('Tour routing'):contains('Approved') td[name='name']",
            run: "click",
        },
        reaches("approved"),
        {
            content: "Its rules do not change any more",
            trigger: ".o_field_widget[name='line_ids']:not(:has(.o_field_x2many_list_row_add))",
        },
        press("action_new_version", "Make a new version"),
        inScreen("Tour routing v2"),
        reaches("draft"),
        {
            content: "Add a rule",
            trigger: ".o_field_widget[name='line_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "For results of a laboratory",
            trigger: ".o_selected_row .o_field_widget[name='message_type'] input",
            run: "edit ORU^R01",
        },
        {
            content: "What is done with them?",
            trigger: ".o_selected_row td[name='action'] .o_select_menu input",
            run: "click",
        },
        {
            content: "They are kept",
            trigger: ".o_select_menu_item:contains('Keep, do nothing')",
            run: "click",
        },
        {
            content: "Nothing handles them",
            trigger: ".o_selected_row td[name='handler']:not(:has(input))",
        },
        {
            content: "Why",
            trigger: ".o_selected_row .o_field_widget[name='note'] input",
            run: "edit Results stay in the laboratory",
        },
        ...stepUtils.saveForm(),
        openChanges(),
        shows("ORU^R01: keep, do nothing (Results stay in the laboratory)"),
        press("action_submit", "Submit it for review"),
        reaches("in_review"),
        {
            content: "Whoever wrote it cannot approve it",
            trigger: ".o_form_view:not(:has(button[name='action_approve']))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_approve_routing", {
    steps: () => [
        ...openApp(),
        ...openSubmenu("menu_governance", "menu_approvals", "Waiting for approval"),
        {
            content: "Open what a colleague submitted",
            trigger: ".o_data_row:contains('Tour routing v2'):contains('tour.administrator') td[name='summary']",
            run: "click",
        },
        reaches("in_review"),
        openChanges(),
        shows("ORU^R01: keep, do nothing"),
        press("action_approve", "Approve it"),
        confirm(),
        reaches("approved"),
        {
            content: "Look who uses it",
            trigger: ".nav-link[name='interfaces']",
            run: "click",
        },
        {
            content: "The interface has the old version until a change of it is approved",
            trigger: "div:contains('Propose a change') > .o_field_widget[name='behind_ids'] .o_data_row:contains('Inbound')",
        },
        {
            content: "Both versions are there",
            trigger: "button[name='action_open_versions']",
            run: "click",
        },
        {
            content: "The new one and the old one",
            trigger: ".o_data_row:contains('Tour routing') ~ .o_data_row:contains('Tour routing')",
        },
    ],
});
