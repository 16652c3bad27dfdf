import { Component, onMounted, onWillUnmount, status } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 2;
// What takes longer than a minute is looked at less often: nobody sits and waits for it.
const EAGER_LOOKS = 30;
const PATIENT_SECONDS = 15;

/**
 * Reloads a form while its record is under way, so that what it shows is what is so now.
 *
 * Its option `states` names the states that pass by themselves.
 */
export class IntegrationLive extends Component {
    static template = "integration_core.Live";
    static props = { ...standardWidgetProps, states: { type: Array, element: String } };

    setup() {
        this.looks = 0;
        onMounted(() => this.wait());
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get isLive() {
        return this.props.states.includes(this.props.record.data.state);
    }

    wait() {
        const seconds = this.looks < EAGER_LOOKS ? SECONDS : PATIENT_SECONDS;
        this.timer = setTimeout(() => this.look(), seconds * 1000);
    }

    async look() {
        try {
            await this.refresh();
        } finally {
            if (status(this) !== "destroyed") {
                this.wait();
            }
        }
    }

    async refresh() {
        if (!this.isLive) {
            this.looks = 0;
            return;
        }
        const { record } = this.props;
        // What a person types is not overwritten, and a page that nobody sees asks nothing.
        if (!document.hidden && !(await record.isDirty())) {
            this.looks++;
            await record.load();
        }
    }
}

registry.category("view_widgets").add("integration_live", {
    component: IntegrationLive,
    extractProps: ({ options }) => ({ states: options.states || ["running"] }),
});
