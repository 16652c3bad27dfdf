import { Component, onWillStart, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { deserializeDateTime, formatDateTime, serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

const { DateTime } = luxon;

/**
 * Adds a secret to a credential, or replaces the one in use after an overlap. Secrets are arguments
 * and results of one call; they are never a field of a record.
 */
export class RotateDialog extends Component {
    static template = "integration_core.RotateDialog";
    static components = { Dialog };
    static props = { credentialId: Number, close: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({
            setup: null,
            generate: true,
            secret: "",
            login: "",
            certificate: "",
            lead: "1",
            overlap: "24",
            until: "",
            busy: false,
            made: null,
            copied: false,
        });
        onWillStart(async () => {
            const setup = await this.call("rotation_setup");
            Object.assign(this.state, {
                setup,
                generate: setup.can_generate,
                login: setup.login,
                overlap: String(setup.overlap_hours),
            });
        });
    }

    get title() {
        const { first, name } = this.state.setup;
        return first ? _t("Add a secret to “%s”", name) : _t("Rotate “%s”", name);
    }

    /** Hours until Odoo uses the new secret. */
    get leads() {
        return [
            ["0", _t("at once")],
            ["1", _t("in 1 hour")],
            ["4", _t("in 4 hours")],
            ["24", _t("in 1 day")],
            ["72", _t("in 3 days")],
            ["168", _t("in 7 days")],
        ];
    }

    /** Hours for which the old secret is accepted after that. */
    get overlaps() {
        return [
            ["0", _t("not at all")],
            ["1", _t("for 1 hour")],
            ["24", _t("for 1 day")],
            ["168", _t("for 7 days")],
            ["720", _t("for 30 days")],
        ];
    }

    get ready() {
        const { setup, generate, secret, login, certificate } = this.state;
        return (
            (generate || secret.trim()) &&
            (!setup.asks.includes("login") || login.trim()) &&
            (!setup.asks.includes("certificate") || certificate.trim())
        );
    }

    call(method, args = []) {
        return this.orm.call("integration.credential", method, [[this.props.credentialId], ...args]);
    }

    when(text) {
        return text ? formatDateTime(deserializeDateTime(text)) : "";
    }

    async save() {
        const { setup, generate, secret, login, certificate, lead, overlap, until } = this.state;
        const values = { generate, lead_hours: Number(lead), overlap_hours: Number(overlap) };
        if (until) {
            // The field has no zone: it is the person's time.
            values.valid_until = serializeDateTime(DateTime.fromISO(until));
        }
        if (setup.asks.includes("login")) {
            values.login = login;
        }
        if (setup.asks.includes("certificate")) {
            values.certificate = certificate;
        }
        this.state.busy = true;
        try {
            this.state.made = await this.call("rotate", [values, generate ? "" : secret]);
            this.state.secret = "";
            if (!this.state.made.secret && !this.state.made.public) {
                this.notification.add(_t("The secret is stored, encrypted."), { type: "success" });
                if (this.state.made.sooner) {
                    this.notification.add(
                        _t(
                            "The old secret ends before the time that you chose. Odoo uses the new one from %s on.",
                            this.when(this.state.made.sign_from)
                        ),
                        { type: "warning", sticky: true }
                    );
                }
                await this.close();
            }
        } finally {
            this.state.busy = false;
        }
    }

    async copy(text) {
        await browser.navigator.clipboard.writeText(text);
        this.state.copied = true;
    }

    async close() {
        this.state.made = null;
        this.props.close();
        await this.action.doAction({ type: "ir.actions.client", tag: "soft_reload" });
    }
}

registry.category("actions").add("integration_core.rotate_credential", (env, action) => {
    env.services.dialog.add(RotateDialog, { credentialId: action.params.credential_id });
});
