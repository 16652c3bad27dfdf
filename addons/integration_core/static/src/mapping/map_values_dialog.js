import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { ReprocessDialog, softReload } from "./reprocess_dialog";

// As many as the server sends at once.
const SENT_TARGETS = 200;

/**
 * Says what values mean that value maps lack. The values are content of messages: they are
 * arguments of calls, and reach the database only as rows of a value map.
 */
export class MapValuesDialog extends Component {
    static template = "integration_core.MapValuesDialog";
    static components = { Dialog };
    static props = {
        // either the messages, whose values are found out, or the values themselves
        messageIds: { type: Array, optional: true },
        values: { type: Array, optional: true },
        onDone: { type: Function, optional: true },
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.action = useService("action");
        this.state = useState({
            rows: [],
            refused: "",
            needsReason: false,
            reason: "",
            mayConfirm: false,
            loaded: false,
            busy: false,
            more: false,
        });
        this.searchTargets = useDebounced(this.searchTargets.bind(this), 250);
        onWillStart(() => this.load());
    }

    get title() {
        return _t("Map missing values");
    }

    get filled() {
        return this.state.rows.filter((row) => row.value && row.target.trim());
    }

    async load() {
        let values = this.props.values;
        const args = values ? [[], ""] : [this.props.messageIds, this.state.reason];
        const found = await this.orm.call("integration.message", "unmapped_values", args);
        values ??= found.values;
        Object.assign(this.state, {
            refused: this.props.values ? "" : found.refused,
            needsReason: found.needs_reason,
            mayConfirm: found.may_confirm,
            more: found.more,
            loaded: !found.needs_reason,
        });
        if (!values.length) {
            return;
        }
        const pairs = values.map(({ map_id, value }) => ({ map_id, value }));
        const choices = await this.orm.call("integration.value.map", "value_choices", [[], pairs]);
        this.state.rows = values.map((value, index) => ({
            ...value,
            ...choices[index],
            many: choices[index].targets.length >= SENT_TARGETS,
            target: choices[index].proposed,
            valid_from: "",
        }));
    }

    /** A large map has more targets than were sent along: look for those with what was typed. */
    async searchTargets(row) {
        const text = row.target.trim();
        if (!row.many || row.targets.includes(text)) {
            return;
        }
        const found = await this.orm.silent.call("integration.value.map", "search_targets", [
            [row.map_id],
            text,
        ]);
        if (text === row.target.trim()) {
            row.targets = found;
        }
    }

    period({ target, valid_from: from, valid_to: to }) {
        const end = to || _t("today and later");
        return from ? _t("%(target)s from %(from)s to %(end)s", { target, from, end }) : `${target} → ${end}`;
    }

    waitingText({ waiting, more }) {
        return more ? _t("at least %s waiting", waiting) : _t("%s waiting", waiting);
    }

    async save() {
        this.state.busy = true;
        try {
            const rows = this.filled.map((row) => ({
                map_id: row.map_id,
                value: row.value,
                target: row.target,
                valid_from: row.valid_from || false,
                message_id: row.message_id || false,
            }));
            const done = await this.orm.call("integration.value.map", "map_values", [[], rows]);
            this.props.close();
            if (done.confirmed) {
                this.dialog.add(ReprocessDialog, {
                    mapIds: done.map_ids,
                    start: true,
                    onDone: this.props.onDone,
                });
                return;
            }
            this.notification.add(
                _t("Proposed. An administrator has been asked to confirm it."),
                { type: "success" }
            );
            this.props.onDone ? this.props.onDone() : await softReload(this.action);
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("actions").add("integration_core.map_values", (env, action) => {
    env.services.dialog.add(MapValuesDialog, { messageIds: action.params.message_ids });
});
