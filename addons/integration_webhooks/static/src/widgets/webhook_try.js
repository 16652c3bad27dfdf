import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Shows which check of the door a request passes, and what would become of it.
 *
 * What is pasted lives in this component only: it travels as the argument of a call and is stored
 * nowhere.
 */
export class IntegrationWebhookTry extends Component {
    static template = "integration_webhooks.Try";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ result: null, busy: false });
        this.attempt = useState({
            method: "POST",
            headers: "Content-Type: application/json\n",
            body: "",
            is_base64: false,
            source: "",
            sent_at: "",
        });
    }

    icon({ ok }) {
        if (ok === null) {
            return "fa-minus text-muted";
        }
        return ok ? "fa-check text-success" : "fa-times text-danger";
    }

    verdict({ ok }) {
        if (ok === null) {
            return "not asked";
        }
        return ok ? "passed" : "failed";
    }

    /** How the summary looks. */
    get look() {
        const looks = { accepted: "alert-success", refused: "alert-danger" };
        return looks[this.state.result.verdict] || "alert-warning";
    }

    async try() {
        this.state.busy = true;
        this.state.result = null;
        try {
            if (!(await this.props.record.save())) {
                return;
            }
            this.state.result = await this.orm.call("integration.interface", "try_webhook", [
                [this.props.record.resId],
                { ...this.attempt },
            ]);
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("integration_webhook_try", {
    component: IntegrationWebhookTry,
});
