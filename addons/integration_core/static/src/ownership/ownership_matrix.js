import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "integration.ownership";

/** Who owns what: kinds of records by systems. */
export class OwnershipMatrix extends Component {
    static template = "integration_core.OwnershipMatrix";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ systems: [], rows: [] });
        this.display = { controlPanel: {} };
        this.env.config.setDisplayName(_t("Who owns what"));
        onWillStart(async () => Object.assign(this.state, await this.orm.call(MODEL, "matrix")));
    }

    stateOf(cell) {
        return { draft: _t("draft"), in_review: _t("in review") }[cell.state];
    }

    open(cell) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: MODEL,
            res_id: cell.id,
            views: [[false, "form"]],
        });
    }

    openList() {
        return this.action.doAction("integration_core.action_integration_ownership");
    }
}

registry.category("actions").add("integration_core.ownership_matrix", OwnershipMatrix);
