import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Icon and colour by value. The text is always shown too: nobody should have to tell colours apart.
const LOOKS = {
    // messages
    received: ["fa-inbox", "info"],
    queued: ["fa-hourglass-start", "info"],
    processing: ["fa-cog", "info"],
    waiting: ["fa-hourglass-half", "info"],
    retry: ["fa-repeat", "warning"],
    held: ["fa-pause", "warning"],
    done: ["fa-check", "success"],
    quarantined: ["fa-medkit", "danger"],
    dead: ["fa-times", "danger"],
    filtered: ["fa-filter", "secondary"],
    cancelled: ["fa-ban", "secondary"],
    // sync status of documents
    pending: ["fa-clock-o", "info"],
    sent: ["fa-paper-plane", "info"],
    synchronised: ["fa-check", "success"],
    failed: ["fa-exclamation-triangle", "danger"],
    conflict: ["fa-code-fork", "danger"],
    // interfaces: health and lifecycle
    ok: ["fa-check", "success"],
    failing: ["fa-exclamation-triangle", "danger"],
    paused: ["fa-pause", "warning"],
    unreleased: ["fa-lock", "danger"],
    off: ["fa-power-off", "secondary"],
    draft: ["fa-pencil", "secondary"],
    in_review: ["fa-eye", "info"],
    approved: ["fa-thumbs-up", "info"],
    active: ["fa-play", "success"],
    deprecated: ["fa-hourglass-end", "warning"],
    retired: ["fa-archive", "secondary"],
    // values of value maps
    proposed: ["fa-lightbulb-o", "warning"],
    confirmed: ["fa-check", "success"],
    // waivers
    expired: ["fa-calendar-times-o", "secondary"],
    revoked: ["fa-ban", "secondary"],
    // ownership and conflicts
    ended: ["fa-calendar-times-o", "secondary"],
    decided: ["fa-cog", "info"],
    settled: ["fa-check", "success"],
    void: ["fa-ban", "secondary"],
    // muted events
    catching_up: ["fa-forward", "info"],
    dropped: ["fa-ban", "secondary"],
    // bulk tasks
    running: ["fa-cog", "info"],
    // circuit breakers
    closed: ["fa-check", "success"],
    open: ["fa-chain-broken", "danger"],
    half_open: ["fa-question", "warning"],
    forced_open: ["fa-hand-paper-o", "danger"],
    disabled: ["fa-circle-o", "secondary"],
};

/** Icon and badge class of a value. */
export function looksOf(value) {
    const [icon, colour] = LOOKS[value] ?? ["fa-circle-o", "secondary"];
    return { icon, badgeClass: `text-bg-${colour}` };
}

/** A selection as a badge with icon and text. */
export class IntegrationStateBadge extends Component {
    static template = "integration_core.StateBadge";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return selection.find(([value]) => value === this.value)?.[1] ?? "";
    }

    get icon() {
        return looksOf(this.value).icon;
    }

    get badgeClass() {
        return looksOf(this.value).badgeClass;
    }
}

registry.category("fields").add("integration_state", {
    component: IntegrationStateBadge,
    displayName: _t("State with icon"),
    supportedTypes: ["selection"],
});
