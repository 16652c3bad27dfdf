import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { CountLink, Light, Sparkline } from "../common/parts";
import { ago, BREAKERS, count, duration, pageAction, percent } from "../common/words";

/** One interface on the health wall. */
export class HealthCard extends Component {
    static template = "integration_monitoring.HealthCard";
    static components = { CountLink, Light, Sparkline };
    static props = { card: Object, wall: { type: Boolean, optional: true } };

    setup() {
        this.action = useService("action");
        Object.assign(this, { ago, duration, percent });
    }

    get card() {
        return this.props.card;
    }

    /** On the wall, what runs or is meant to rest takes little room. */
    get isCompact() {
        return Boolean(this.props.wall) && ["ok", "paused"].includes(this.card.light);
    }

    get isOutbound() {
        return this.card.direction === "outbound";
    }

    get breaker() {
        return this.card.breaker === "closed" ? "" : BREAKERS[this.card.breaker];
    }

    get sparkLabel() {
        return _t("%(done)s messages in 24 hours, %(failed)s failed attempts", {
            done: count(this.card.done_day),
            failed: count(this.card.spark_failed.reduce((sum, one) => sum + one, 0)),
        });
    }

    open() {
        return this.action.doAction(
            pageAction("interface", this.card.name, { active_id: this.card.id })
        );
    }
}
