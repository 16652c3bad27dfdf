import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { rpcBus } from "@web/core/network/rpc";
import { useService } from "@web/core/utils/hooks";
import { looksOf } from "../fields/state_badge";

/* global luxon */

/** What became of a document at each interface, as a popover. */
export class SyncDetails extends Component {
    static template = "integration_core.SyncDetails";
    static props = {
        resModel: String,
        resId: Number,
        labels: Object,
        onRetried: { type: Function, optional: true },
        close: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ rows: [], busy: false });
        onWillStart(() => this.load());
    }

    async load() {
        const { resModel, resId } = this.props;
        const status = await this.orm.call("integration.record.sync", "status_of", [
            resModel,
            resId,
        ]);
        this.state.rows = status.rows;
    }

    looksOf(row) {
        return looksOf(row.state);
    }

    since(row) {
        return deserializeDateTime(row.since).toLocaleString(luxon.DateTime.DATETIME_MED);
    }

    /** How long ago, in words and in the user's language. */
    ago(row) {
        return deserializeDateTime(row.since).toRelative();
    }

    async retry(row) {
        this.state.busy = true;
        try {
            await this.orm.call("integration.message", "action_retry", [[row.message_id]]);
            rpcBus.trigger("CLEAR-CACHES", ["web_read", "web_search_read", "web_read_group"]);
            await this.load();
        } finally {
            this.state.busy = false;
        }
        this.props.onRetried?.();
    }

    openMessage(row) {
        this.props.close?.();
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "integration.message",
            res_id: row.message_id,
            views: [[false, "form"]],
        });
    }
}
