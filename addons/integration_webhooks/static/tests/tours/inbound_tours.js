import { registry } from "@web/core/registry";

const openTab = (name, content) => ({
    content,
    trigger: `.nav-link[name='${name}']`,
    run: "click",
});

registry.category("web_tour.tours").add("integration_webhooks_inbound", {
    steps: () => [
        openTab("address_security", "Open the security of the interface"),
        {
            content: "A partner that signs as Standard Webhooks says is nothing to set but limits",
            trigger: ".o_field_widget[name='scheme_options'] input[name='max_age']",
        },
        {
            content: "Choose another way of proving",
            trigger: ".o_field_widget[name='webhook_scheme'] input, .o_field_widget[name='webhook_scheme'] select",
            run: "click",
        },
        {
            content: "GitHub",
            trigger: ".o_select_menu_item:contains('GitHub')",
            run: "click",
        },
        {
            content: "The form asks for what GitHub leaves open, and for no age",
            trigger:
                ".o_field_widget[name='scheme_options']:not(:has(input[name='max_age'])) input[name='signature_header']",
            run: "edit X-Gitea-Signature-256 && press Tab",
        },
        {
            content: "Bodies in another format have settings of their own",
            trigger: ".o_field_widget[name='body_codec'] input, .o_field_widget[name='body_codec'] select",
            run: "click",
        },
        {
            content: "CSV",
            trigger: ".o_select_menu_item:contains('CSV')",
            run: "click",
        },
        {
            content: "A delimiter can be chosen",
            trigger: ".o_field_widget[name='body_options'] select[name='delimiter']",
            run: "select ;",
        },
        openTab("try_webhook", "Try a request"),
        {
            content: "Paste its headers",
            trigger: ".o_integration_try_headers",
            run: "edit Content-Type: text/html",
        },
        {
            content: "Try",
            trigger: ".o_integration_try",
            run: "click",
        },
        {
            content: "What the partner would get stands above all",
            trigger: ".o_integration_try_summary[data-verdict='refused']:contains('HTTP 415')",
        },
        {
            content: "The content type is refused",
            trigger: ".o_integration_try_steps li[data-ok='failed']:contains('Content type')",
        },
        {
            content: "And so is the proof, with a reason",
            trigger: ".o_integration_try_steps li[data-ok='failed']:contains('Proof')",
        },
    ],
});
