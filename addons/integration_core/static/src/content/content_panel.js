import { Component, onWillDestroy, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { CodeEditor } from "@web/core/code_editor/code_editor";
import { _t } from "@web/core/l10n/translation";
import { downloadFile } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ContentReasonDialog } from "./content_reason_dialog";

/**
 * The content of a message or an event: masked if it is private, revealed for a reason and for some
 * minutes. It is kept in this component only, and goes with it or when its time is over.
 */
export class ContentPanel extends Component {
    static template = "integration_core.ContentPanel";
    static components = { CodeEditor };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({ content: null, left: 0, loaded: 0 });
        this.titles = {
            received: _t("What the partner sent"),
            canonical: _t("How Odoo understands it"),
            sent: _t("What Odoo sent"),
            response: _t("What the partner answered"),
            acknowledgement: _t("The partner's acknowledgement"),
            event: _t("What the event carries"),
            conflict: _t("Both sides of the conflict"),
        };
        this.classes = { confidential: _t("Confidential"), clinical: _t("Clinical") };
        onWillStart(() => this.load(this.props.record));
        onWillUpdateProps((next) => {
            if (next.record.resId !== this.resId || next.record.data.state !== this.shownState) {
                return this.load(next.record);
            }
        });
        onWillDestroy(() => this.stopClock());
    }

    // -- loading ---------------------------------------------------------------------------

    async load(record) {
        this.stopClock();
        this.model = record.resModel;
        this.resId = record.resId;
        this.shownState = record.data.state;
        this.inbound = record.data.direction === "inbound";
        this.state.content = null;
        if (this.resId) {
            await this.ask("content_state");
        }
    }

    async ask(method, args = []) {
        const asked = this.resId;
        const content = await this.orm.call(this.model, method, [[asked], ...args]);
        if (asked === this.resId) {
            this.show(content);
        }
    }

    show(content) {
        this.stopClock();
        this.state.content = content;
        this.state.loaded++;
        if (content.seconds > 0 && content.private) {
            this.endsAt = Date.now() + content.seconds * 1000;
            this.tick();
            this.clock = setInterval(() => this.tick(), 1000);
        }
    }

    tick() {
        this.state.left = Math.max(0, Math.ceil((this.endsAt - Date.now()) / 1000));
        if (!this.state.left) {
            this.mask();
        }
    }

    stopClock() {
        clearInterval(this.clock);
        this.clock = null;
        this.state.left = 0;
    }

    /** The time is over: nothing private stays on the screen, even if the server cannot be asked. */
    async mask() {
        this.stopClock();
        for (const piece of this.state.content.pieces) {
            if (piece.data_class in this.classes) {
                Object.assign(piece, { text: "•••", masked: true });
            }
        }
        this.state.loaded++;
        await this.ask("content_state");
    }

    // -- buttons ---------------------------------------------------------------------------

    reveal() {
        const { min_reason: minimum, minutes, about } = this.state.content;
        this.dialog.add(ContentReasonDialog, {
            title: _t("Reveal content"),
            explanation: _t(
                "The content is shown to you for %s minutes. Your name, the time and your reason are recorded, and so is what you look at.",
                minutes
            ),
            confirm: _t("Reveal"),
            minimum,
            about,
            onConfirm: (reason, whole) => this.ask("reveal_content", [reason, whole]),
        });
    }

    end() {
        return this.ask("end_reveal");
    }

    download() {
        askDownload(this.dialog, this.orm, this.model, [this.resId], this.state.content.min_reason);
    }

    // -- texts -----------------------------------------------------------------------------

    get timeLeft() {
        const minutes = Math.floor(this.state.left / 60);
        return `${minutes}:${String(this.state.left % 60).padStart(2, "0")}`;
    }

    title(piece) {
        if (piece.stage === "acknowledgement" && this.inbound) {
            return _t("How Odoo acknowledged it");
        }
        return this.titles[piece.stage] || piece.stage;
    }

    facts(piece) {
        const size = piece.size === false ? "" : _t("%s bytes", piece.size);
        return [size, piece.content_type].filter(Boolean).join(" · ");
    }
}

/** Ask for a reason, then save the content of records as a file. */
export function askDownload(dialog, orm, model, ids, minimum) {
    dialog.add(ContentReasonDialog, {
        title: _t("Download content"),
        explanation: _t(
            "The content leaves Odoo unmasked and unencrypted. Say where it goes and why. Your name, the time and your reason are recorded."
        ),
        confirm: _t("Download"),
        minimum,
        about: 0,
        onConfirm: async (reason) => {
            const file = await orm.call(model, "download_content", [ids, reason]);
            const bytes = Uint8Array.from(atob(file.content), (char) => char.charCodeAt(0));
            downloadFile(new Blob([bytes], { type: file.type }), file.name, file.type);
        },
    });
}

registry.category("view_widgets").add("integration_content", { component: ContentPanel });

registry.category("actions").add("integration_core.download_content", (env, action) => {
    const { model, ids, min_reason: minimum } = action.params;
    askDownload(env.services.dialog, env.services.orm, model, ids, minimum);
});
