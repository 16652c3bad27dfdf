import { Component, onWillDestroy, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ContentReasonDialog } from "../content/content_reason_dialog";

// As the server has it.
const MIN_REASON = 10;

/**
 * What the filter of an interface says of an event.
 *
 * The content of the event lives in this component only: it travels as the answer of a call and is
 * stored nowhere.
 */
export class IntegrationFilterTry extends Component {
    static template = "integration_core.FilterTry";
    static components = { RecordSelector };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({ eventId: false, result: null, forgotten: false, busy: false });
        onWillDestroy(() => clearTimeout(this.forgetTimer));
    }

    get expression() {
        return this.props.record.data.event_filter || "";
    }

    /** Events that the interface would be asked about. */
    get domain() {
        return [["type_id", "in", this.props.record.data.event_type_ids.currentIds]];
    }

    get placeholder() {
        return _t("Choose a recent event…");
    }

    choose(eventId) {
        Object.assign(this.state, { eventId, result: null, forgotten: false });
    }

    async try(reason = "") {
        clearTimeout(this.forgetTimer);
        this.state.busy = true;
        try {
            const { resId } = this.props.record;
            const result = await this.orm.call("integration.interface", "try_filter", [
                resId ? [resId] : [],
                this.state.eventId,
                this.expression,
                reason,
            ]);
            if (result.needs_reason) {
                return this.askReason();
            }
            if (result.seconds) {
                this.forgetTimer = setTimeout(() => this.forget(), result.seconds * 1000);
            }
            Object.assign(this.state, { result, forgotten: false });
        } finally {
            this.state.busy = false;
        }
    }

    /** Private content is looked at for a reason; see ContentPanel. */
    askReason() {
        this.dialog.add(ContentReasonDialog, {
            title: _t("Reveal content"),
            explanation: _t(
                "A trial shows the private content of this event. Your name, the time and your reason are recorded."
            ),
            confirm: _t("Reveal"),
            minimum: MIN_REASON,
            about: 0,
            onConfirm: (reason) => this.try(reason),
        });
    }

    /** The time of the reveal is over: nothing private stays on the screen. */
    forget() {
        Object.assign(this.state, { result: null, forgotten: true });
    }
}

registry.category("view_widgets").add("integration_filter_try", {
    component: IntegrationFilterTry,
    fieldDependencies: [
        { name: "event_filter", type: "text" },
        { name: "event_type_ids", type: "many2many", relation: "integration.event.type" },
    ],
});
