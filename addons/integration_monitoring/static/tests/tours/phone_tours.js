import { registry } from "@web/core/registry";
import { everythingFits } from "./looks";

// With a finger, on a screen of 390 pixels.

registry.category("web_tour.tours").add("integration_monitoring_phone_overview", {
    steps: () => [
        {
            content: "The interface in trouble is a card",
            trigger: ".o_im_card:contains('Tour orders')",
        },
        everythingFits("The overview", ".o_im_overview .o_im_tiles"),
        {
            content: "Only what is in trouble",
            trigger: "#o_im_trouble",
            run: "click",
        },
        {
            content: "Open what failed",
            trigger: ".o_im_card:contains('Tour orders') .o_im_bad:contains('dead letters')",
            run: "click",
        },
        everythingFits("The list behind a number", ".o_kanban_record:contains('Tour orders')"),
        {
            content: "Back",
            trigger: ".o_breadcrumb .o_back_button, .o_breadcrumb a",
            run: "click",
        },
        {
            content: "Open the page of the interface",
            trigger: ".o_im_card:contains('Tour orders') .o_im_card_name",
            run: "click",
        },
        everythingFits("The page of an interface", ".o_im_interface .o_im_marks"),
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_phone_triage", {
    steps: () => [
        everythingFits("Triage", ".o_kanban_record:contains('no such unit')"),
        {
            content: "Open the kind of failure",
            trigger: ".o_kanban_record:contains('no such unit')",
            run: "click",
        },
        everythingFits("A kind of failure", ".o_form_view .o_field_widget[name='trend']"),
        {
            content: "The acts are behind one button",
            trigger: ".o_form_statusbar .o_statusbar_buttons button",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitoring_phone_incident", {
    steps: () => [
        everythingFits("Incidents", ".o_kanban_record:contains('Outbound')"),
        {
            content: "Take it from the list",
            trigger: ".o_kanban_record:contains('Outbound') button[name='action_acknowledge']",
            run: "click",
        },
        {
            content: "It is taken",
            trigger: ".o_kanban_record:contains('Acknowledged')",
        },
        {
            content: "Open it",
            trigger: ".o_kanban_record:contains('Outbound')",
            run: "click",
        },
        everythingFits("An incident", ".o_form_view .o_field_widget[name='event_ids']"),
    ],
});
