import { usePopover } from "@web/core/popover/popover_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { IntegrationStateBadge } from "../fields/state_badge";
import { SyncDetails } from "./sync_details";

const REASON = "integration_sync_reason";

/** The sync status of a document as a badge; a click tells more. */
export class IntegrationSyncField extends IntegrationStateBadge {
    static template = "integration_core.SyncField";

    setup() {
        this.popover = usePopover(SyncDetails, {
            position: "bottom-start",
            popoverClass: "o_integration_sync_popover",
        });
    }

    get reason() {
        return this.props.record.data[REASON] || "";
    }

    get labels() {
        return Object.fromEntries(this.props.record.fields[this.props.name].selection);
    }

    open(ev) {
        const { record } = this.props;
        this.popover.open(ev.currentTarget, {
            resModel: record.resModel,
            resId: record.resId,
            labels: this.labels,
            onRetried: () => record.load(),
        });
    }

    onKeydown(ev) {
        // The list would open its row.
        if (ev.key === "Enter" || ev.key === " ") {
            ev.stopPropagation();
        }
    }
}

registry.category("fields").add("integration_sync", {
    component: IntegrationSyncField,
    displayName: _t("Sync status"),
    supportedTypes: ["selection"],
    listViewWidth: [110, 190],
    fieldDependencies: [{ name: REASON, type: "char", readonly: true }],
});
