import { Component, onWillStart, useRef, useState, onMounted } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { clock, count, duration, listAction, recordAction } from "../common/words";

/* global luxon */

const KINDS = {
    event: { icon: "fa-bolt", name: _t("Change of a record") },
    inbound: { icon: "fa-sign-in", name: _t("Message received") },
    outbound: { icon: "fa-sign-out", name: _t("Message sent") },
    attempt: { icon: "fa-cog", name: _t("Attempt") },
    act: { icon: "fa-user", name: _t("Act of a person") },
};

/** Finds a business case by a number that a person knows, and tells it as a timeline. */
export class Trace extends Component {
    static template = "integration_monitoring.Trace";
    static components = { ControlPanel };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.input = useRef("input");
        const context = this.props.action.context || {};
        this.state = useState({
            text: context.trace_text || "",
            searched: false,
            busy: false,
            found: [],
            trace: null,
        });
        Object.assign(this, { clock, count, duration });
        onWillStart(async () => {
            if (context.correlation_id) {
                this.state.text = context.correlation_id;
                await this.show(context.correlation_id);
            } else if (context.trace_text) {
                await this.search();
            }
        });
        onMounted(() => this.input.el.focus());
    }

    async search() {
        const text = this.state.text.trim();
        if (!text) {
            return;
        }
        this.state.busy = true;
        try {
            const found = await this.orm.call("integration.trace", "find", [text]);
            Object.assign(this.state, { found, searched: true, trace: null });
            if (found.length === 1) {
                await this.show(found[0].correlation_id);
            }
        } finally {
            this.state.busy = false;
        }
    }

    async show(correlationId) {
        this.state.trace = await this.orm.call("integration.trace", "case", [correlationId]);
    }

    back() {
        this.state.trace = null;
    }

    kind(step) {
        return KINDS[step.kind] || KINDS.act;
    }

    time(step) {
        return luxon.DateTime.fromSeconds(step.begin).toFormat("HH:mm:ss.SSS");
    }

    day(step, at) {
        const day = luxon.DateTime.fromSeconds(step.begin).toLocaleString(luxon.DateTime.DATE_MED);
        const before = at && this.state.trace.steps[at - 1];
        const same =
            before &&
            luxon.DateTime.fromSeconds(before.begin).hasSame(
                luxon.DateTime.fromSeconds(step.begin),
                "day"
            );
        return same ? "" : day;
    }

    look(step) {
        if (step.bad) {
            return "danger";
        }
        return { done: "success", retry: "warning", held: "warning" }[step.state] || "primary";
    }

    barStyle(step) {
        return `left: ${100 * step.left}%; width: max(6px, ${100 * step.width}%);`;
    }

    open(step) {
        return this.action.doAction(recordAction(step.open));
    }

    openRecord(step) {
        return this.action.doAction(recordAction(step.record));
    }

    openAll() {
        return this.action.doAction(listAction(this.state.trace.open));
    }
}

registry.category("actions").add("integration_monitoring.trace", Trace);
