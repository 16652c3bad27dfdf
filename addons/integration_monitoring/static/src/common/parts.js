import { Component } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { _t } from "@web/core/l10n/translation";
import { clock, count, lightOf, listAction, percent } from "./words";

/** A light with its word. */
export class Light extends Component {
    static template = "integration_monitoring.Light";
    static props = { light: String, small: { type: Boolean, optional: true } };

    get look() {
        return lightOf(this.props.light);
    }
}

/** A number that opens the list which it counts. */
export class CountLink extends Component {
    static template = "integration_monitoring.CountLink";
    static props = {
        number: Object,
        label: { type: String, optional: true },
        class: { type: String, optional: true },
    };

    setup() {
        this.action = useService("action");
    }

    get text() {
        return count(this.props.number.value);
    }

    get title() {
        return _t("%(count)s: open the list of %(name)s", {
            count: this.text,
            name: this.props.number.open.name,
        });
    }

    open() {
        return this.action.doAction(listAction(this.props.number.open));
    }
}

/** A row of small bars: what was done, and on top of it what failed. */
export class Sparkline extends Component {
    static template = "integration_monitoring.Sparkline";
    static props = { values: Array, failed: { type: Array, optional: true }, label: String };

    get bars() {
        const { values, failed = [] } = this.props;
        const most = Math.max(1, ...values.map((value, at) => value + (failed[at] || 0)));
        const width = 100 / Math.max(1, values.length);
        return values.map((value, at) => {
            const height = (20 * value) / most;
            const bad = (20 * (failed[at] || 0)) / most;
            return {
                at,
                x: at * width + width * 0.1,
                width: width * 0.8,
                // Something is seen of little, and nothing of nothing.
                height: value ? Math.max(1, height) : 0,
                bad: failed[at] ? Math.max(1.5, bad) : 0,
            };
        });
    }
}

/** When what is shown was measured, and a warning when that is long ago. */
export class Freshness extends Component {
    static template = "integration_monitoring.Freshness";
    static props = { data: Object, lost: Boolean };

    get asOf() {
        return this.props.data.as_of ? clock(this.props.data.as_of) : "";
    }
}

/** How a number compares with a week before. */
export class Trend extends Component {
    static template = "integration_monitoring.Trend";
    static props = { change: { type: [Number, { value: null }], optional: true } };

    get text() {
        const { change } = this.props;
        if (change === 0) {
            return _t("as a week ago");
        }
        return change > 0
            ? _t("%s more than a week ago", percent(change))
            : _t("%s less than a week ago", percent(-change));
    }

    get icon() {
        const { change } = this.props;
        return change === 0 ? "fa-arrows-h" : change > 0 ? "fa-arrow-up" : "fa-arrow-down";
    }
}
