import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("integration_core_reveal", {
    steps: () => [
        {
            content: "The content is masked: names are shown, values are not",
            trigger: ".o_integration_mask:contains('patient'):contains('•••'):not(:contains('Jane'))",
        },
        {
            content: "Reveal it",
            trigger: ".o_integration_reveal",
            run: "click",
        },
        {
            content: "Not without a reason",
            trigger: ".modal .o_integration_confirm:disabled",
        },
        {
            content: "A word is no reason",
            trigger: ".o_integration_reason",
            run: "edit because",
        },
        {
            content: "It says how much is missing",
            trigger: ".modal .form-text:contains('3 more')",
        },
        {
            content: "Say why",
            trigger: ".o_integration_reason",
            run: "edit The laboratory asks about order 4711",
        },
        {
            content: "Reveal",
            trigger: ".modal .o_integration_confirm:enabled",
            run: "click",
        },
        {
            content: "The content is shown",
            trigger: ".o_integration_piece .ace_content:contains('Jane Doe')",
        },
        {
            content: "The time that is left is shown",
            trigger: ".o_integration_countdown:contains(':')",
        },
        {
            content: "End it now",
            trigger: ".o_integration_end",
            run: "click",
        },
        {
            content: "Masked again",
            trigger: ".o_integration_mask:not(:contains('Jane'))",
        },
        {
            content: "Reveal it once more",
            trigger: ".o_integration_reveal",
            run: "click",
        },
        {
            content: "Say why again",
            trigger: ".o_integration_reason",
            run: "edit The laboratory asks once more",
        },
        {
            content: "Reveal",
            trigger: ".modal .o_integration_confirm:enabled",
            run: "click",
        },
        {
            content: "Shown for the seconds that the test allows",
            trigger: ".o_integration_piece .ace_content:contains('Jane Doe')",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_reveal_ends", {
    steps: () => [
        {
            content: "Still revealed when the form is opened again",
            trigger: ".o_integration_piece .ace_content:contains('Jane Doe')",
        },
        {
            content: "Masked by itself when the time is over",
            trigger: ".o_integration_mask:contains('patient'):not(:contains('Jane'))",
            timeout: 20000,
        },
        {
            content: "And nothing is left on the screen",
            trigger: "body:not(:contains('Jane Doe'))",
        },
    ],
});

registry.category("web_tour.tours").add("integration_core_access", {
    steps: () => [
        {
            content: "An auditor sees that there is content, not what is in it",
            trigger: ".o_form_view:not(:has(.o_integration_content))",
        },
        {
            content: "Ask who has seen it",
            trigger: "button[name='action_open_access']",
            run: "click",
        },
        {
            content: "With the reason",
            trigger: ".o_data_row:contains('The laboratory asks about order 4711') td[name='reason']",
            run: "click",
        },
        {
            content: "Everything that this person has seen",
            trigger: "button[name='action_open_same_person']",
            run: "click",
        },
        {
            content: "Both reveals are there",
            trigger: ".o_data_row:contains('The laboratory asks once more')",
        },
    ],
});
