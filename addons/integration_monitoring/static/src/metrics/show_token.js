import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { registry } from "@web/core/registry";

/** Shows a new token once. It is an argument of this dialog only, never a field of a record. */
export class ShowToken extends Component {
    static template = "integration_monitoring.ShowToken";
    static components = { Dialog };
    static props = { token: String, name: String, close: Function };

    setup() {
        this.state = useState({ copied: false });
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.props.token);
        this.state.copied = true;
    }
}

/** A function, not a component: what it is given is kept nowhere in the browser. */
function showToken(env, action) {
    const { token, name } = action.params;
    return new Promise((resolve) => {
        env.services.dialog.add(
            ShowToken,
            { token, name },
            { onClose: () => resolve({ type: "ir.actions.client", tag: "soft_reload" }) }
        );
    });
}

registry.category("actions").add("integration_monitoring.show_token", showToken);
