import { Component, onWillDestroy, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { looksOf } from "../fields/state_badge";
import { SyncDetails } from "./sync_details";

// Milliseconds until a status that moves is read again: most messages leave within a second, and
// one that takes minutes need not keep the server busy.
const AGAIN = [700, 1000, 2000, 4000, 8000, 15000, 30000];
const NOTHING = { state: false, rows: [], messages: false, links: false, moving: false };
const LABELS = {
    pending: _t("Pending"),
    sent: _t("Sent"),
    waiting: _t("Waiting for confirmation"),
    synchronised: _t("Synchronised"),
    failed: _t("Failed"),
    conflict: _t("Conflict"),
    cancelled: _t("Cancelled"),
};

/**
 * The sync status of the record of a form: one line, with the details a click away.
 *
 * It reads the status when the form shows another record and after each save or button, and goes
 * on for a while as long as the status moves. A record that no interface knows shows nothing.
 * The option `messages: False` leaves the link to messages to a button of the form.
 */
export class IntegrationSyncWidget extends Component {
    static template = "integration_core.SyncWidget";
    static props = { ...standardWidgetProps, messages: { type: Boolean, optional: true } };
    static defaultProps = { messages: true };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.status = useState({ ...NOTHING });
        this.popover = usePopover(SyncDetails, {
            position: "bottom-start",
            popoverClass: "o_integration_sync_popover",
        });
        this.turn = 0;
        // A load replaces the record, a save or discard ends its being dirty.
        useEffect(
            (record, resId, dirty) => {
                if (!dirty) {
                    this.follow();
                }
            },
            () => [this.props.record, this.props.record.resId, this.props.record.dirty]
        );
        onWillDestroy(() => this.stop());
    }

    get labels() {
        return LABELS;
    }

    get label() {
        return LABELS[this.status.state];
    }

    get looks() {
        return looksOf(this.status.state);
    }

    get isShown() {
        return this.status.state || this.status.links;
    }

    /** The one interface that the status speaks of, if it is one. */
    get spokesman() {
        const { rows, state } = this.status;
        const worst = rows.length === 1 ? rows : rows.filter((row) => row.state === state);
        return worst.length === 1 ? worst[0] : undefined;
    }

    get summary() {
        const row = this.spokesman;
        return row
            ? `${row.interface}: ${row.reason}`
            : _t("%s interfaces", this.status.rows.length);
    }

    get nextStep() {
        if (!this.spokesman && this.needsSomebody) {
            return _t("Click on the status: it says for each of them what to do next.");
        }
        return this.spokesman?.next_step;
    }

    get needsSomebody() {
        return ["failed", "conflict"].includes(this.status.state);
    }

    stop() {
        this.turn++;
        browser.clearTimeout(this.timer);
    }

    follow() {
        this.stop();
        this.attempt = 0;
        return this.read();
    }

    async read() {
        const turn = this.turn;
        const status = await this.fetch();
        if (turn !== this.turn) {
            return;
        }
        if (status.state !== this.status.state) {
            this.attempt = 0;
        }
        Object.assign(this.status, status);
        this.refreshRecord();
        if (status.moving && this.attempt < AGAIN.length) {
            this.timer = browser.setTimeout(() => this.read(), AGAIN[this.attempt++]);
        }
    }

    async fetch() {
        const { resModel, resId } = this.props.record;
        if (!resId) {
            return NOTHING;
        }
        try {
            return await this.orm.silent.call("integration.record.sync", "status_of", [
                resModel,
                resId,
            ]);
        } catch {
            // Deleted meanwhile, or no connection: the form has better means to say so.
            return NOTHING;
        }
    }

    /** What the form itself shows of the status follows. */
    refreshRecord() {
        const { record } = this.props;
        const name = "integration_sync_state";
        if (
            name in record.activeFields &&
            record.data[name] !== this.status.state &&
            !record.dirty
        ) {
            record.load();
        }
    }

    showDetails(ev) {
        this.popover.open(ev.currentTarget, {
            resModel: this.props.record.resModel,
            resId: this.props.record.resId,
            labels: LABELS,
            onRetried: () => this.follow(),
        });
    }

    async openRelated(method) {
        const { resModel, resId } = this.props.record;
        const action = await this.orm.call("integration.record.sync", method, [resModel, resId]);
        return this.action.doAction(action);
    }
}

registry.category("view_widgets").add("integration_sync", {
    component: IntegrationSyncWidget,
    extractProps: ({ options }) => ({ messages: options.messages ?? true }),
});
