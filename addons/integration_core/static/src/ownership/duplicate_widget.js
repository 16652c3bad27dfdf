import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useComparison } from "./comparison";

/** What was sent beside what Odoo has of each similar record. */
export class IntegrationDuplicateWidget extends Component {
    static template = "integration_core.DuplicateWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({
            columns: [],
            rows: [],
            refused: "",
            needs_reason: false,
            look: "",
        });
        useComparison(this, () => this.compare());
    }

    get sender() {
        return this.props.record.data.system_id?.display_name ?? "";
    }

    async compare() {
        this.known = this.props.record.resId;
        const asked = [[this.known], this.state.look];
        Object.assign(this.state, await this.orm.call("integration.duplicate", "compare", asked));
    }
}

registry.category("view_widgets").add("integration_duplicate", {
    component: IntegrationDuplicateWidget,
});
