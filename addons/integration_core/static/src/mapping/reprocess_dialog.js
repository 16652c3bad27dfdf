import { Component, onWillStart, onMounted, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** Read the records on the screen again. */
export function softReload(action) {
    return action.doAction({ type: "ir.actions.client", tag: "soft_reload" });
}

/** Retries the messages that waited for a value, part by part, and tells how many. */
export class ReprocessDialog extends Component {
    static template = "integration_core.ReprocessDialog";
    static components = { Dialog };
    static props = {
        mapIds: Array,
        // whether to begin without asking
        start: { type: Boolean, optional: true },
        onDone: { type: Function, optional: true },
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({
            count: null,
            running: false,
            done: false,
            retried: 0,
            left: 0,
        });
        onWillStart(async () => {
            if (!this.props.start) {
                this.state.count = await this.call("count_waiting");
            }
        });
        onMounted(() => this.props.start && this.run());
    }

    get title() {
        return _t("Reprocess those waiting");
    }

    call(method, args = []) {
        return this.orm.call("integration.value.map", method, [this.props.mapIds, ...args]);
    }

    async run() {
        this.state.running = true;
        let after = [0, 0];
        while (after && this.state.running) {
            const part = await this.call("reprocess_waiting", [after]);
            this.state.retried += part.retried;
            this.state.left += part.left;
            after = part.after;
        }
        this.state.running = false;
        this.state.done = true;
    }

    async close() {
        this.state.running = false;
        this.props.close();
        this.props.onDone ? this.props.onDone() : await softReload(this.action);
    }
}

registry.category("actions").add("integration_core.reprocess_waiting", (env, action) => {
    env.services.dialog.add(ReprocessDialog, { mapIds: action.params.map_ids });
});
