import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { useAutofocus } from "@web/core/utils/hooks";

/** Asks why somebody needs content, before it is shown or downloaded. */
export class ContentReasonDialog extends Component {
    static template = "integration_core.ContentReasonDialog";
    static components = { Dialog };
    static props = {
        title: String,
        explanation: String,
        confirm: String,
        // characters that a reason has at least
        minimum: Number,
        // other records about the same document, which may be revealed along
        about: Number,
        onConfirm: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ reason: "", whole: false, busy: false });
        useAutofocus({ refName: "reason" });
    }

    get missing() {
        return this.props.minimum - this.state.reason.trim().length;
    }

    async confirm() {
        if (this.missing > 0 || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await this.props.onConfirm(this.state.reason, this.state.whole);
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}
