import { Component, markup, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useLive } from "../common/live";
import { CountLink, Freshness, Light, Sparkline } from "../common/parts";
import { ago, BREAKERS, count, duration, pageAction, percent, recordAction } from "../common/words";
import { TimeChart } from "./chart";

/* global luxon */

const ERROR_COLORS = [
    "--im-bad",
    "--im-warn",
    "--im-violet",
    "--im-orange",
    "--im-teal",
    "--im-info",
    "--im-main",
    "--im-mute",
];
const MARK_ICONS = {
    change: "fa-pencil",
    approval: "fa-check",
    rotation: "fa-key",
    deployment: "fa-cloud-upload",
    act: "fa-hand-pointer-o",
};

/** How one interface does, what may explain it, and what to do. */
export class InterfacePage extends Component {
    static template = "integration_monitoring.InterfacePage";
    static components = { ControlPanel, CountLink, Freshness, Light, Sparkline, TimeChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.id = this.props.action.context.active_id || this.props.action.params?.active_id;
        this.state = useState({ range: "24h" });
        this.live = useLive(() => this.load());
        Object.assign(this, { ago, count, duration, percent });
    }

    async load() {
        const data = await this.orm.silent.call("integration.overview", "load_interface", [
            this.id,
            this.state.range,
        ]);
        this.props.action.name = data.name;
        this.env.config.setDisplayName?.(data.name);
        const points = data.points;
        const column = (name) => points.map((point) => point[name]);
        return {
            ...data,
            // Sanitized by the server, as everywhere where the fields are shown.
            runbook: data.runbook && markup(data.runbook),
            manual_fallback: data.manual_fallback && markup(data.manual_fallback),
            times: column("at"),
            throughput: [
                { label: _t("Delivered or handled"), values: column("done"), color: "--im-ok" },
                { label: _t("New"), values: column("received"), color: "--im-info", dashed: true },
            ],
            latency: [
                { label: "p50", values: column("p50"), color: "--im-info" },
                { label: "p95", values: column("p95"), color: "--im-main" },
                { label: "p99", values: column("p99"), color: "--im-warn" },
            ],
            errors: this.errorSeries(points, data.error_classes),
            queue: [{ label: _t("Waiting"), values: column("depth"), color: "--im-main" }],
            age: [{ label: _t("Oldest"), values: column("oldest"), color: "--im-warn" }],
        };
    }

    errorSeries(points, names) {
        const classes = [...new Set(points.flatMap((point) => Object.keys(point.errors)))].sort();
        return classes.map((name, place) => ({
            label: names[name] || name,
            values: points.map((point) => point.errors[name] || 0),
            color: ERROR_COLORS[place % ERROR_COLORS.length],
            type: "bar",
            stack: "errors",
        }));
    }

    get data() {
        return this.live.data;
    }

    get card() {
        return this.data.card;
    }

    get breaker() {
        return BREAKERS[this.card.breaker] || this.card.breaker;
    }

    get isAlarmed() {
        return ["open", "forced_open", "half_open"].includes(this.card.breaker);
    }

    get formatTime() {
        const isLong = ["7d", "90d"].includes(this.data.range);
        return (seconds) => {
            const moment = luxon.DateTime.fromSeconds(Math.round(seconds));
            return moment.toLocaleString(
                isLong ? { day: "numeric", month: "short", hour: "2-digit" } : luxon.DateTime.TIME_SIMPLE
            );
        };
    }

    /** What a chart shows, in one sentence. */
    summary(title, series, format) {
        const parts = series.map(({ label, values }) => {
            const known = values.filter((value) => value !== null);
            return known.length
                ? _t("%(name)s: latest %(latest)s, highest %(highest)s", {
                      name: label,
                      latest: format(known.at(-1)),
                      highest: format(Math.max(...known)),
                  })
                : _t("%s: nothing", label);
        });
        return `${title}. ${parts.join("; ")}`;
    }

    markIcon(mark) {
        return MARK_ICONS[mark.kind] || "fa-circle";
    }

    markTime(mark) {
        return luxon.DateTime.fromSeconds(mark.at).toLocaleString(luxon.DateTime.DATETIME_SHORT);
    }

    get latestMarks() {
        return [...this.data.marks].reverse().slice(0, 12);
    }

    choose(range) {
        this.state.range = range;
        return this.live.reload();
    }

    openMark(mark) {
        return mark.open && this.action.doAction(recordAction(mark.open));
    }

    openForm() {
        return this.action.doAction(
            recordAction({ model: "integration.interface", id: this.data.id })
        );
    }

    openSystem() {
        const { id, name } = this.data.system;
        return this.action.doAction(pageAction("system", name, { active_id: id }));
    }

    openGroup(group) {
        return this.action.doAction(recordAction({ model: "integration.error.group", id: group.id }));
    }

    openObjective(objective) {
        return this.action.doAction(recordAction({ model: "integration.slo", id: objective.id }));
    }
}

registry.category("actions").add("integration_monitoring.interface", InterfacePage);
