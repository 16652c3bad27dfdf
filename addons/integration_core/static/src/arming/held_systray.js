import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { useService } from "@web/core/utils/hooks";

/** Says on every screen that nothing is sent or received, and leads to the reason. */
export class IntegrationHeld extends Component {
    static template = "integration_core.Held";
    static props = {};

    setup() {
        this.action = useService("action");
    }

    open() {
        return this.action.doAction("integration_core.action_integration_arming");
    }
}

if (session.integration_held) {
    registry
        .category("systray")
        .add("integration_core.Held", { Component: IntegrationHeld }, { sequence: 90 });
}
