import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useLive } from "../common/live";
import { CountLink, Freshness, Light, Sparkline } from "../common/parts";
import { count, recordAction } from "../common/words";
import { HealthCard } from "../overview/health_card";

/** One system: its interfaces, their traffic, and the incidents that concern it. */
export class SystemPage extends Component {
    static template = "integration_monitoring.SystemPage";
    static components = { ControlPanel, CountLink, Freshness, HealthCard, Light, Sparkline };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.id = this.props.action.context.active_id || this.props.action.params?.active_id;
        this.live = useLive(() => this.orm.silent.call("integration.overview", "load_system", [this.id]));
        this.env.config.setDisplayName?.(this.data?.system.name || _t("System"));
        this.count = count;
    }

    get data() {
        return this.live.data;
    }

    get sparkLabel() {
        return _t("Messages of each of the last 24 hours, and failed attempts");
    }

    openForm() {
        return this.action.doAction(recordAction({ model: "integration.system", id: this.id }));
    }
}

registry.category("actions").add("integration_monitoring.system", SystemPage);
