import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";

/* global luxon */

/** Each light as it is shown: never by its colour alone. The worst one stands first. */
export const LIGHTS = {
    down: { label: _t("Down"), icon: "fa-times-circle", glyph: "\uf057", look: "danger" },
    silent: { label: _t("Silent"), icon: "fa-bell-slash", glyph: "\uf1f6", look: "danger" },
    degraded: { label: _t("Degraded"), icon: "fa-exclamation-triangle", glyph: "\uf071", look: "warning" },
    unknown: { label: _t("Not known"), icon: "fa-question-circle", glyph: "\uf059", look: "secondary" },
    ok: { label: _t("OK"), icon: "fa-check-circle", glyph: "\uf058", look: "success" },
    paused: { label: _t("Paused"), icon: "fa-pause-circle", glyph: "\uf28b", look: "secondary" },
};

export const lightOf = (light) => LIGHTS[light] || LIGHTS.unknown;

export const BREAKERS = {
    closed: _t("closed"),
    open: _t("open"),
    half_open: _t("half-open"),
    forced_open: _t("forced open"),
    disabled: _t("disabled"),
};

/** Seconds as a person reads them: “350 ms”, “4.2 s”, “12 min”, “3 h”, “2 d”. */
export function duration(seconds) {
    if (seconds === null || seconds === undefined) {
        return "–";
    }
    if (seconds < 1) {
        return _t("%s ms", Math.round(seconds * 1000));
    }
    if (seconds < 120) {
        return _t("%s s", seconds < 10 ? formatFloat(seconds, { digits: [0, 1] }) : Math.round(seconds));
    }
    if (seconds < 7200) {
        return _t("%s min", Math.round(seconds / 60));
    }
    return seconds < 172800
        ? _t("%s h", Math.round(seconds / 3600))
        : _t("%s d", Math.round(seconds / 86400));
}

/** A share between 0 and 1 as percent; one digit where it is small. */
export function percent(share) {
    if (share === null || share === undefined) {
        return "–";
    }
    const value = share * 100;
    const digits = value && Math.abs(value) < 10 ? 1 : 0;
    return `${formatFloat(value, { digits: [0, digits] })} %`;
}

export const count = (value) => formatInteger(value || 0);

/** A moment of the server as clock time, with the day when it is another one. */
export function clock(text) {
    const moment = deserializeDateTime(text);
    const today = moment.hasSame(luxon.DateTime.now(), "day");
    return moment.toLocaleString(
        today ? luxon.DateTime.TIME_SIMPLE : { ...luxon.DateTime.DATETIME_SHORT, year: undefined }
    );
}

/** How long ago a moment of the server was. */
export const ago = (text) => deserializeDateTime(text).toRelative({ style: "short" });

/** What has cards for a phone, where a list would have to be moved sideways. */
const WITH_CARDS = [
    "integration.message",
    "integration.incident",
    "integration.error.group",
    "integration.business.breach",
];

/** The list behind a number, as an action. */
export function listAction(open) {
    const views = [[false, "list"]];
    if (WITH_CARDS.includes(open.model)) {
        views.push([false, "kanban"]);
    }
    views.push([false, "form"]);
    return {
        type: "ir.actions.act_window",
        name: open.name,
        res_model: open.model,
        domain: open.domain,
        context: open.context || {},
        mobile_view_mode: "kanban",
        views,
    };
}

/** One record, as an action. */
export const recordAction = (open) => ({
    type: "ir.actions.act_window",
    res_model: open.model,
    res_id: open.id,
    views: [[false, "form"]],
});

/** The page of an interface, of a system, or a trace. */
export const pageAction = (page, name, context) => ({
    type: "ir.actions.client",
    tag: `integration_monitoring.${page}`,
    path: `integration-${page}`,
    name,
    context,
});
