import { registry } from "@web/core/registry";
import { session } from "@web/session";

registry.category("web_tour.tours").add("integration_core_rearm", {
    steps: () => [
        {
            content: "Every screen says that nothing travels",
            trigger: ".o_integration_held",
            run: "click",
        },
        {
            content: "The reason is a difference, shown with both values",
            trigger: ".o_integration_differences td:contains('1')",
        },
        {
            content: "Open the dialog",
            trigger: "button[name='action_release']",
            run: "click",
        },
        {
            content: "Choose what becomes of the outbound interface",
            trigger: ".modal .o_data_row:contains('Outbound') td[name='choice']",
            run: "click",
        },
        {
            content: "Open the choices",
            trigger: ".modal .o_selected_row td[name='choice'] .o_select_menu input",
            run: "click",
        },
        {
            content: "Cancel what waits",
            trigger: ".o_select_menu_item:contains('Cancel all that waits')",
            run: "click",
        },
        {
            content: "Give a reason",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Test with the partner's test system",
        },
        {
            content: "Type the name of the database",
            trigger: ".modal .o_field_widget[name='confirmation'] input",
            run: `edit ${session.db}`,
        },
        {
            content: "Release it",
            trigger: ".modal-footer button[name='action_confirm']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Traffic flows, as far as it was released",
            trigger: ".o_form_view:contains('Traffic flows'):contains('Inbound')",
        },
        {
            content: "The sign is gone from the screens",
            trigger: ".o_main_navbar:not(:has(.o_integration_held))",
        },
    ],
});
