import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useComparison } from "./comparison";

const MODEL = "integration.conflict";

/** Both sides of a conflict, field by field, with a button for each. */
export class IntegrationConflictWidget extends Component {
    static template = "integration_core.ConflictWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({
            rows: [],
            seen: "",
            refused: "",
            needs_reason: false,
            may_decide: false,
            look: "",
            reason: "",
            choices: {},
            problem: "",
            busy: false,
        });
        useComparison(this, () => this.compare());
    }

    get data() {
        return this.props.record.data;
    }

    get owner() {
        return this.state.rows[0]?.owner ?? "";
    }

    get writer() {
        return this.data.system_id?.display_name ?? "";
    }

    get isComplete() {
        return this.state.rows.every((row) => this.state.choices[row.field]);
    }

    get isShown() {
        return this.state.rows.length > 0;
    }

    get isSeveral() {
        return this.data.kind === "create" && this.data.new_count > 1;
    }

    get keepLabel() {
        return this.data.kind === "write" ? _t("Keep Odoo's") : _t("Do not let it happen");
    }

    get takeLabel() {
        return this.data.kind === "write" ? _t("Take the message's") : _t("Let it happen");
    }

    async compare() {
        this.known = this.props.record.resId;
        const found = await this.orm.call(MODEL, "compare", [[this.known], this.state.look]);
        // What was decided before stands, unless it is decided otherwise now.
        const decided = found.may_decide ? found.rows.filter((row) => row.decision) : [];
        const choices = Object.fromEntries(decided.map((row) => [row.field, row.decision]));
        Object.assign(this.state, found, { choices });
    }

    choose(row, choice) {
        this.state.choices[row.field] = choice;
    }

    chooseAll(choice) {
        for (const row of this.state.rows) {
            this.choose(row, choice);
        }
    }

    /** Whether all is decided alike. */
    isChosen(choice) {
        return this.state.rows.every((row) => this.state.choices[row.field] === choice);
    }

    /** A new record or a deletion is allowed as a whole, or not at all. */
    pick(row, choice) {
        if (this.data.kind === "write") {
            this.choose(row, choice);
        } else {
            this.chooseAll(choice);
        }
    }

    async decide() {
        this.state.busy = true;
        this.state.problem = "";
        try {
            const note = await this.orm.call(MODEL, "decide", [
                [this.known],
                { ...this.state.choices },
                this.state.reason,
                this.state.seen,
            ]);
            this.action.doAction(note);
        } catch (error) {
            // Somebody was faster, or a value changed: show what is the case now, and why.
            this.state.problem = error.data?.message ?? error.message;
        } finally {
            this.state.busy = false;
        }
        await this.props.record.load();
        await this.compare();
    }
}

registry.category("view_widgets").add("integration_conflict", {
    component: IntegrationConflictWidget,
});
