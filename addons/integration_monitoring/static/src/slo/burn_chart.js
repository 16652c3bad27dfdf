import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { TimeChart } from "../interface/chart";

/* global luxon */

const rate = (value) => formatFloat(value, { digits: [0, 1] });

/** The burn rate of an objective by the hour, with the rates from which on it is told. */
export class BurnChart extends Component {
    static template = "integration_monitoring.BurnChart";
    static components = { TimeChart };
    static props = { ...standardFieldProps };

    setup() {
        this.rate = rate;
        this.formatTime = (seconds) =>
            luxon.DateTime.fromSeconds(Math.round(seconds)).toLocaleString({
                weekday: "short",
                hour: "2-digit",
                minute: "2-digit",
            });
    }

    /** The same object while the record says the same: a chart is drawn anew when it changes. */
    get data() {
        const text = this.props.record.data[this.props.name];
        if (text !== this.text) {
            this.text = text;
            this.read = this.seriesOf(JSON.parse(text || "{}"));
        }
        return this.read;
    }

    seriesOf({ times = [], rates = [], limits = [] }) {
        const highest = Math.max(0, ...rates);
        const lines = limits
            // One that is far away would press the rates themselves to the ground.
            .filter((limit) => limit <= Math.max(1, 2 * highest))
            .map((limit) => ({
                label: limit === 1 ? _t("The whole budget in the period") : _t("Limit %s", rate(limit)),
                values: times.map(() => limit),
                color: limit > 3 ? "--im-bad" : "--im-warn",
                dashed: true,
            }));
        return {
            times,
            highest,
            series: [{ label: _t("Burn rate"), values: rates, color: "--im-main" }, ...lines],
        };
    }

    get summary() {
        const { series, highest } = this.data;
        return _t("Burn rate of the last 48 hours: latest %(latest)s, highest %(highest)s", {
            latest: rate(series[0].values.at(-1) || 0),
            highest: rate(highest),
        });
    }
}

registry.category("fields").add("integration_burn", {
    component: BurnChart,
    supportedTypes: ["text"],
});
