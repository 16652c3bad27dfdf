import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useLive } from "../common/live";
import { CountLink, Freshness, Light, Sparkline, Trend } from "../common/parts";
import { ago, lightOf, pageAction, percent, recordAction } from "../common/words";
import { HealthCard } from "./health_card";

/** The first screen: the state of all integrations, and what needs a person. */
export class Overview extends Component {
    static template = "integration_monitoring.Overview";
    static components = { ControlPanel, CountLink, Freshness, HealthCard, Light, Sparkline, Trend };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.state = useState({ wall: Boolean(this.props.action.params?.wall), trouble: false });
        this.live = useLive(() => this.orm.silent.call("integration.overview", "load_overview"));
        this.lightOf = lightOf;
        this.percent = percent;
        this.ago = ago;
        const onKey = (ev) => {
            if (ev.key === "Escape" && this.state.wall) {
                this.leaveWall();
            }
        };
        const onFullscreen = () => {
            if (!document.fullscreenElement) {
                this.state.wall = Boolean(this.props.action.params?.wall);
            }
        };
        onMounted(() => {
            document.addEventListener("keydown", onKey);
            document.addEventListener("fullscreenchange", onFullscreen);
        });
        onWillUnmount(() => {
            document.removeEventListener("keydown", onKey);
            document.removeEventListener("fullscreenchange", onFullscreen);
        });
    }

    get data() {
        return this.live.data;
    }

    get systems() {
        if (!this.state.trouble) {
            return this.data.systems;
        }
        const isTrouble = ({ light }) => ["down", "silent", "degraded", "unknown"].includes(light);
        return this.data.systems
            .map((system) => ({ ...system, interfaces: system.interfaces.filter(isTrouble) }))
            .filter((system) => system.interfaces.length);
    }

    get sparkLabel() {
        return _t("Messages delivered or handled in each of the last 24 hours, and failed attempts");
    }

    /** Numbers that ask for a person, those that are zero left out of the wall. */
    get attention() {
        return [...this.data.waiting, ...this.data.business].filter(
            (number) => number.value || !this.state.wall
        );
    }

    look(number) {
        const alarming = ["dead", "quarantined", "integration.business.breach"];
        return number.value && alarming.includes(number.key) ? "o_im_bad" : "";
    }

    severityLook(severity) {
        return { 1: "danger", 2: "warning" }[severity] || "secondary";
    }

    budgetLook(left) {
        return left === null ? "secondary" : left <= 0 ? "danger" : left < 0.25 ? "warning" : "success";
    }

    budgetWidth(left) {
        return Math.round(100 * Math.min(1, Math.max(0, left || 0)));
    }

    async enterWall() {
        this.state.wall = true;
        // Where the browser refuses, the wall still covers the page.
        await this.root.el.requestFullscreen?.().catch(() => {});
    }

    async leaveWall() {
        this.state.wall = false;
        if (document.fullscreenElement) {
            await document.exitFullscreen();
        }
    }

    openSystem(system) {
        return this.action.doAction(pageAction("system", system.name, { active_id: system.id }));
    }

    openIncident(incident) {
        return this.action.doAction(recordAction({ model: "integration.incident", id: incident.id }));
    }

    openObjective(objective) {
        return this.action.doAction(recordAction({ model: "integration.slo", id: objective.id }));
    }

    openMap() {
        return this.action.doAction("integration_monitoring.action_map");
    }
}

registry.category("actions").add("integration_monitoring.overview", Overview);
