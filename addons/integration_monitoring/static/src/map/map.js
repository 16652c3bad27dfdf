import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useLive } from "../common/live";
import { CountLink, Freshness, Light } from "../common/parts";
import { count, duration, lightOf, LIGHTS, pageAction } from "../common/words";
import { drawing, HEIGHT, shortened, WIDTH } from "./drawing";

const DOMAINS = {
    clinical: _t("Clinical"),
    administrative: _t("Administrative"),
    integration: _t("Integration"),
    observability: _t("Observability"),
};

/** Odoo in the middle, systems around it, and what flows between them. */
export class IntegrationMap extends Component {
    static template = "integration_monitoring.Map";
    static components = { ControlPanel, CountLink, Freshness, Light };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        // On a phone the drawing is too small to hit a system with a finger.
        this.state = useState({ table: this.env.isSmall });
        this.live = useLive(() => this.orm.silent.call("integration.overview", "load_overview"));
        Object.assign(this, { count, duration, lightOf, short: shortened });
        this.box = `0 0 ${WIDTH} ${HEIGHT}`;
        this.legend = Object.keys(LIGHTS);
    }

    get data() {
        return this.live.data;
    }

    get drawing() {
        return drawing(this.data.systems, DOMAINS);
    }

    edgeTitle(edge) {
        return _t("%(name)s: %(light)s, %(count)s messages in 24 hours", {
            name: edge.card.name,
            light: lightOf(edge.card.light).label,
            count: count(edge.card.done_day),
        });
    }

    nodeTitle(node) {
        return _t("%(name)s, %(kind)s: %(light)s", {
            name: node.system.name,
            kind: node.system.kind_name,
            light: lightOf(node.system.light).label,
        });
    }

    openSystem(system) {
        return this.action.doAction(pageAction("system", system.name, { active_id: system.id }));
    }

    openInterface(card) {
        return this.action.doAction(pageAction("interface", card.name, { active_id: card.id }));
    }

    onKey(ev, system) {
        if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            this.openSystem(system);
        }
    }
}

registry.category("actions").add("integration_monitoring.map", IntegrationMap);
