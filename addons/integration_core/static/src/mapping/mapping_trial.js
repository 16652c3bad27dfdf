import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { CodeEditor } from "@web/core/code_editor/code_editor";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ContentReasonDialog } from "../content/content_reason_dialog";
import { MapValuesDialog } from "./map_values_dialog";

// As the server has it.
const MIN_REASON = 10;

/**
 * What a mapping makes of a document. The document is kept in this component and travels as an
 * argument of calls only: nothing of it is stored.
 */
export class MappingTrial extends Component {
    static template = "integration_core.MappingTrial";
    static components = { CodeEditor, RecordSelector };
    static props = {
        mappingId: { type: [Number, { value: false }], optional: true },
        messageId: { type: [Number, { value: false }], optional: true },
        // Gives the content of the form as it stands, saved or not.
        spec: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({
            messageId: false,
            text: "",
            // Gives the editor a new session when its text is replaced from outside.
            loaded: 0,
            beforeId: false,
            afterId: false,
            refused: "",
            result: null,
            busy: false,
        });
        onWillDestroy(() => clearTimeout(this.forgetTimer));
        onWillStart(async () => {
            this.options = await this.call("trial_setup");
            if (this.props.messageId && this.options.may_read) {
                await this.loadMessage(this.props.messageId);
            }
        });
    }

    call(method, args = []) {
        const ids = this.props.mappingId ? [this.props.mappingId] : [];
        return this.orm.call("integration.mapping", method, [ids, ...args]);
    }

    get approved() {
        return [["state", "=", "approved"]];
    }

    get message() {
        return _t("Choose a stored message…");
    }

    get noContract() {
        return _t("Not checked");
    }

    get clean() {
        const { result } = this.state;
        return (
            !result.faults.length &&
            !result.missing.length &&
            !result.before.length &&
            !result.after.length
        );
    }

    async loadMessage(messageId, reason = "") {
        this.state.messageId = messageId;
        this.state.refused = "";
        this.state.result = null;
        if (!messageId) {
            return;
        }
        clearTimeout(this.forgetTimer);
        const input = await this.call("trial_input", [messageId, reason]);
        if (input.needs_reason) {
            this.askReason(messageId);
        }
        if (input.seconds) {
            this.forgetTimer = setTimeout(() => this.forget(), input.seconds * 1000);
        }
        this.state.text = input.text;
        this.state.loaded++;
        this.state.refused = input.refused;
        this.state.beforeId = input.before_id;
        this.state.afterId = input.after_id;
        if (input.text) {
            await this.run();
        }
    }

    /** Private content is looked at for a reason; see ContentPanel. */
    askReason(messageId) {
        this.dialog.add(ContentReasonDialog, {
            title: _t("Reveal content"),
            explanation: _t(
                "A trial shows the private content of this message. Your name, the time and your reason are recorded."
            ),
            confirm: _t("Reveal"),
            minimum: MIN_REASON,
            about: 0,
            onConfirm: (reason) => this.loadMessage(messageId, reason),
        });
    }

    /** The time of the reveal is over: nothing private stays on the screen. */
    forget() {
        Object.assign(this.state, { text: "", result: null, messageId: false });
        this.state.loaded++;
        this.state.refused = _t("The time is over, and the content was masked. Choose the message again.");
    }

    async run() {
        this.state.busy = true;
        try {
            this.state.result = await this.call("run_trial", [
                this.state.text,
                {
                    message_id: this.state.messageId,
                    before_id: this.state.beforeId,
                    after_id: this.state.afterId,
                    spec: this.props.spec ? this.props.spec() : false,
                },
            ]);
        } finally {
            this.state.busy = false;
        }
    }

    mapValues(values) {
        this.dialog.add(MapValuesDialog, { values, onDone: () => this.run() });
    }
}

/** The panel within the form of a mapping. */
export class MappingTrialWidget extends Component {
    static template = "integration_core.MappingTrialWidget";
    static components = { MappingTrial };
    static props = { ...standardWidgetProps };

    get spec() {
        return () => {
            const { data } = this.props.record;
            return {
                header: data.header,
                sections: data.section_ids.records.map(({ data: section }) => ({
                    target: section.target,
                    source: section.source,
                    expression: section.expression,
                    optional: section.optional,
                })),
                value_map_ids: data.value_map_ids.currentIds,
            };
        };
    }
}

registry.category("view_widgets").add("integration_mapping_trial", {
    component: MappingTrialWidget,
    fieldDependencies: [
        { name: "header", type: "text" },
        { name: "state", type: "selection" },
    ],
});

/** The panel on its own, opened from a message. */
export class MappingTrialDialog extends Component {
    static template = "integration_core.MappingTrialDialog";
    static components = { Dialog, MappingTrial };
    static props = { mappingId: Number, messageId: Number, close: Function };

    get title() {
        return _t("Try the mapping");
    }
}

registry.category("actions").add("integration_core.try_mapping", (env, action) => {
    const { mapping_id: mappingId, message_id: messageId } = action.params;
    env.services.dialog.add(MappingTrialDialog, { mappingId, messageId });
});
