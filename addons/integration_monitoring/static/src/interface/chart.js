import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";

/* global Chart */

const MARK_COLORS = {
    change: "--im-main",
    approval: "--im-ok",
    rotation: "--im-warn",
    deployment: "--im-info",
    act: "--im-mute",
};

/** A colour of the theme where an element stands, so that charts follow light and dark. */
function themeColor(el, name) {
    return getComputedStyle(el).getPropertyValue(name).trim() || "#808080";
}

/** Draws a line where something changed, with a dot at its top. */
const markLines = {
    id: "integrationMarks",
    afterDatasetsDraw(chart, _args, options) {
        const { ctx, chartArea, scales } = chart;
        for (const mark of options.marks || []) {
            const x = scales.x.getPixelForValue(mark.at);
            if (x < chartArea.left || x > chartArea.right) {
                continue;
            }
            ctx.save();
            ctx.strokeStyle = ctx.fillStyle = themeColor(chart.canvas, MARK_COLORS[mark.kind]);
            ctx.setLineDash([4, 3]);
            ctx.beginPath();
            ctx.moveTo(x, chartArea.top);
            ctx.lineTo(x, chartArea.bottom);
            ctx.stroke();
            ctx.beginPath();
            ctx.arc(x, chartArea.top, 3.5, 0, 2 * Math.PI);
            ctx.fill();
            ctx.restore();
        }
    },
};

/**
 * A chart over time.
 *
 * Its series are `{label, values, color, type, stack, dashed}`; times are seconds. What it shows is
 * told in words by `summary`, for those who do not see it.
 */
export class TimeChart extends Component {
    static template = "integration_monitoring.TimeChart";
    static props = {
        times: Array,
        series: Array,
        marks: { type: Array, optional: true },
        format: Function,
        formatTime: Function,
        summary: String,
        stacked: { type: Boolean, optional: true },
        whole: { type: Boolean, optional: true }, // only whole numbers
    };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        // Anew only when the data is: a chart that is drawn again loses the reader's pointer.
        useEffect(
            () => this.draw(),
            () => [this.props.times, this.props.series]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    draw() {
        this.chart?.destroy();
        this.chart = new Chart(this.canvas.el, this.config);
    }

    get config() {
        const { times, series, marks, format, formatTime, stacked, whole } = this.props;
        const color = (name) => themeColor(this.canvas.el, name);
        const text = color("--im-text");
        const grid = color("--im-line");
        return {
            type: series.some((one) => one.type === "bar") ? "bar" : "line",
            data: {
                datasets: series.map((one) => ({
                    type: one.type || "line",
                    label: one.label,
                    data: times.map((at, place) => ({ x: at, y: one.values[place] })),
                    borderColor: color(one.color),
                    backgroundColor: color(one.color),
                    borderWidth: one.type === "bar" ? 0 : 2,
                    borderDash: one.dashed ? [5, 4] : undefined,
                    pointRadius: 0,
                    pointHitRadius: 8,
                    tension: 0.2,
                    spanGaps: true,
                    barPercentage: 1,
                    categoryPercentage: 0.9,
                    stack: one.stack,
                })),
            },
            options: {
                animation: false,
                responsive: true,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                scales: {
                    x: {
                        type: "linear",
                        min: times[0],
                        max: times.at(-1),
                        offset: false,
                        stacked: Boolean(stacked),
                        grid: { display: false },
                        ticks: { color: text, maxTicksLimit: 7, maxRotation: 0, callback: formatTime },
                    },
                    y: {
                        beginAtZero: true,
                        stacked: Boolean(stacked),
                        grid: { color: grid },
                        ticks: {
                            color: text,
                            maxTicksLimit: 5,
                            callback: format,
                            precision: whole ? 0 : undefined,
                        },
                    },
                },
                plugins: {
                    legend: {
                        position: "bottom",
                        labels: { color: text, boxWidth: 12, boxHeight: 8 },
                    },
                    tooltip: {
                        callbacks: {
                            title: ([item]) => (item ? formatTime(item.parsed.x) : ""),
                            label: (item) => `${item.dataset.label}: ${format(item.parsed.y)}`,
                        },
                    },
                    integrationMarks: { marks: marks || [] },
                },
            },
            plugins: [markLines],
        };
    }
}
