import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("integration_core_rotate_credential", {
    steps: () => [
        {
            content: "Open the credential",
            trigger: ".o_data_row:contains('Tour secret') td[name='name']",
            run: "click",
        },
        {
            content: "One secret is in use",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('In use')",
        },
        {
            content: "Rotate",
            trigger: "button[name='action_open_rotation']:contains('Rotate')",
            run: "click",
        },
        {
            content: "Odoo is to use the new one tomorrow",
            trigger: ".o_integration_rotate #integration_lead",
            run: "select 24",
        },
        {
            content: "The new one ends one day",
            trigger: ".o_integration_rotate #integration_until",
            run() {
                this.anchor.value = "2099-12-31T10:00";
                this.anchor.dispatchEvent(new Event("input", { bubbles: true }));
            },
        },
        {
            content: "Have it made",
            trigger: ".o_integration_rotate_save:enabled",
            run: "click",
        },
        {
            content: "It is shown once",
            trigger: ".o_integration_rotate .o_integration_secret_made:value(whsec_)",
        },
        {
            content: "And can be copied",
            trigger: ".o_integration_secret_copy:contains('Copy')",
        },
        {
            content: "Close",
            trigger: ".o_integration_rotate_close",
            run: "click",
        },
        {
            content: "The dialog is gone, and the secret with it",
            trigger: "body:not(:has(.o_integration_secret_made))",
        },
        {
            content: "The new one is coming",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('Coming')",
        },
        {
            content: "The old one is in use",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('In use')",
        },
        {
            content: "It can be undone",
            trigger: "button[name='action_undo_rotation']",
            run: "click",
        },
        {
            content: "Do so",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "It is revoked",
            trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('Revoked')",
        },
        {
            content: "It can be rotated again",
            trigger: "button[name='action_open_rotation']:contains('Rotate')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_reencrypt", {
    steps: () => [
        {
            content: "The older key is still needed",
            trigger: ".o_data_row:contains('old'):contains('Keep it in the ring')",
        },
        {
            content: "Open the run",
            trigger: "button[name='action_open_reencryption']",
            run: "click",
        },
        {
            content: "Start it",
            trigger: "button[name='action_start']",
            run: "click",
        },
        {
            content: "It runs",
            trigger: ".o_statusbar_status button[data-value='running'].o_arrow_button_current",
        },
        {
            content: "It can be paused",
            trigger: "button[name='action_pause']",
            run: "click",
        },
        {
            content: "It is paused",
            trigger: "button[name='action_start']:contains('Go on')",
        },
    ],
});
