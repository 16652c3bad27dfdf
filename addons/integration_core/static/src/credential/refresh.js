import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 3;

/** Reads the record again from time to time, while something in the background changes it. */
export class IntegrationRefresh extends Component {
    static template = "integration_core.Refresh";
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => {
            this.timer = setInterval(() => this.look(), SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    async look() {
        if (!document.hidden) {
            await this.props.record.load();
        }
    }
}

registry.category("view_widgets").add("integration_refresh", { component: IntegrationRefresh });
