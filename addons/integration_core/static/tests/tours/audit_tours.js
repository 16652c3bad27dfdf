import { registry } from "@web/core/registry";

const verify = () => [
    {
        content: "The trail shows what happened",
        trigger: ".o_data_row:contains('After')",
    },
    {
        content: "Go to its state",
        trigger: ".o_control_panel button:contains('State, verification and export')",
        run: "click",
    },
    {
        content: "Verify everything",
        trigger: "button[name='action_verify']",
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_core_audit", {
    steps: () => [
        ...verify(),
        {
            content: "Nothing is wrong",
            trigger: ".alert-success:contains('Nothing was changed, deleted, inserted or reordered')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_audit_broken", {
    steps: () => [
        ...verify(),
        {
            content: "The first broken entry is named",
            trigger: ".alert-danger:contains('was deleted after it was sealed')",
        },
        {
            content: "Say what was found out",
            trigger: "button[name='action_ask_accept']",
            run: "click",
        },
        {
            content: "In words that others understand",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit A failed restore",
        },
        {
            content: "Confirm",
            trigger: ".modal footer button.btn-primary",
            run: "click",
        },
        {
            content: "It stays on record",
            trigger: ".o_field_widget[name='accept_reason']:contains('A failed restore')",
        },
    ],
});
