import { Component, useState } from "@odoo/owl";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Shows what an event of one document would carry.
 *
 * The document's content lives in this component only: it travels as the answer of a call and is
 * stored nowhere.
 */
export class IntegrationEventTry extends Component {
    static template = "integration_core.EventTry";
    static components = { RecordSelector };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ recordId: false, model: "", result: null, busy: false });
    }

    get model() {
        const { model_name: name, model_missing: missing } = this.props.record.data;
        return name && !missing ? name : "";
    }

    get recordId() {
        // Another kind of document was chosen meanwhile.
        return this.state.model === this.model ? this.state.recordId : false;
    }

    get result() {
        return this.recordId ? this.state.result : null;
    }

    choose(recordId) {
        Object.assign(this.state, { recordId, model: this.model, result: null });
    }

    async try() {
        this.state.result = await this.ask("try_on");
    }

    async writeContract() {
        const action = await this.ask("write_contract");
        if (action) {
            await this.action.doAction(action);
        }
    }

    /** Calls a method of the event type with the example; what was edited is saved before. */
    async ask(method) {
        this.state.busy = true;
        try {
            if (!(await this.props.record.save())) {
                return null;
            }
            return await this.orm.call("integration.event.type", method, [
                [this.props.record.resId],
                this.recordId,
            ]);
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("integration_event_try", {
    component: IntegrationEventTry,
    fieldDependencies: [
        { name: "model_name", type: "char" },
        { name: "model_missing", type: "boolean" },
    ],
});
