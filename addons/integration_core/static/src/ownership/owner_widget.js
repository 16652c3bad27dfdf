import { Component, status, useEffect, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/* global luxon */

const MODEL = "integration.ownership.override";
// Key of the form's context; keep in step with tools/owner_widget.py.
const FREE = "integration_free";
const NOTHING = {
    owners: [],
    free: [],
    creation: false,
    partly: false,
    until: false,
    conflicts: false,
};
// More names are counted, not listed.
const SHOWN = 4;

/** Asks why somebody changes what a system owns. */
export class OverrideDialog extends Component {
    static template = "integration_core.OverrideDialog";
    static components = { Dialog };
    static props = { owners: String, onConfirm: Function, close: Function };

    setup() {
        this.state = useState({ reason: "", busy: false });
    }

    get title() {
        return _t("Change what another system owns");
    }

    async confirm() {
        this.state.busy = true;
        try {
            await this.props.onConfirm(this.state.reason);
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}

/**
 * Which fields of the form's record a system owns, and the way to change them all the same.
 *
 * The fields are read-only as long as this does not say, in the context of the form, that nobody
 * owns them on this record, or that the user may override it. The server decides in any case.
 */
export class IntegrationOwnerWidget extends Component {
    static template = "integration_core.OwnerWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.lock = useState({ ...NOTHING });
        // Not before it is mounted: the form, which renders anew, would start over with another one.
        useEffect(
            () => {
                this.read();
            },
            () => [this.props.record.resId]
        );
        useEffect(
            (dirty) => {
                // saved or discarded: another value may belong to another owner
                if (!dirty && this.wasDirty) {
                    this.read();
                }
                this.wasDirty = dirty;
            },
            () => [this.props.record.dirty]
        );
    }

    get where() {
        const { resModel, resId } = this.props.record;
        return [resModel, resId || false];
    }

    async read() {
        const { resId } = this.props.record;
        let lock = NOTHING;
        try {
            lock = await this.orm.silent.call(MODEL, "lock_of", this.where);
        } catch {
            // Deleted meanwhile, or no connection: what is owned stays locked.
        }
        if (status(this) === "mounted" && resId === this.props.record.resId) {
            this.take(lock);
        }
    }

    take(lock) {
        Object.assign(this.lock, lock);
        const { record } = this.props;
        const free = { id: record.resId || false, names: lock.free };
        if (JSON.stringify(record.context[FREE]) === JSON.stringify(free)) {
            return;
        }
        const context = { ...record.context, [FREE]: free };
        record.model._updateConfig(record.config, { context }, { reload: false });
        record._setEvalContext();
    }

    get isShown() {
        // Some of the new records: shown to whom it offers a way out, in case one is refused.
        return this.lock.owners.length || this.lock.creation || this.mayBeRefused;
    }

    get mayBeRefused() {
        return this.lock.partly && this.lock.may_override;
    }

    get systems() {
        const owners = this.lock.owners.map((owner) => owner.system).join(", ");
        return owners || this.lock.creation || this.lock.partly;
    }

    fieldsOf(owner) {
        const more = owner.fields.length - SHOWN;
        const names = owner.fields.slice(0, SHOWN).join(", ");
        return more > 0 ? _t("%(names)s and %(more)s more", { names, more }) : names;
    }

    allOf(owner) {
        return owner.fields.join(", ");
    }

    get until() {
        return deserializeDateTime(this.lock.until).toLocaleString(luxon.DateTime.TIME_SIMPLE);
    }

    askOverride() {
        this.dialog.add(OverrideDialog, {
            owners: this.systems,
            onConfirm: async (reason) =>
                this.take(await this.orm.call(MODEL, "grant", [...this.where, reason])),
        });
    }

    async giveBack() {
        if (await this.props.record.isDirty()) {
            await this.props.record.save();
        }
        this.take(await this.orm.call(MODEL, "give_back", this.where));
    }

    async openConflicts() {
        const action = await this.orm.call("integration.conflict", "open_of", this.where);
        return this.action.doAction(action);
    }
}

registry.category("view_widgets").add("integration_owner", { component: IntegrationOwnerWidget });
