import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 2;

/** Reloads a form while its record is under way, so that its numbers are those of now. */
export class IntegrationLive extends Component {
    static template = "integration_core.Live";
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => {
            this.timer = setInterval(() => this.refresh(), SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    get isLive() {
        return this.props.record.data.state === "running";
    }

    async refresh() {
        const { record } = this.props;
        // What a person types is not overwritten, and a page that nobody sees asks nothing.
        if (this.isLive && !this.busy && !document.hidden && !(await record.isDirty())) {
            this.busy = true;
            try {
                await record.load();
            } finally {
                this.busy = false;
            }
        }
    }
}

registry.category("view_widgets").add("integration_live", { component: IntegrationLive });
