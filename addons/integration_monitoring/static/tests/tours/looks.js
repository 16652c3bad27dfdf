// What a person would see at once, measured: what lies off the screen, and what cannot be read.

const isSeen = (el) => {
    const style = getComputedStyle(el);
    const { width, height } = el.getBoundingClientRect();
    return width > 0 && height > 0 && style.visibility !== "hidden" && Number(style.opacity) > 0;
};

/** Whether an element stands in something that is meant to be moved sideways by a finger. */
const isInScroller = (el) => {
    for (let one = el.parentElement; one && !one.matches(".o_action_manager"); one = one.parentElement) {
        if (["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth) {
            return true;
        }
    }
    return false;
};

/** What a finger is to reach and does not, as texts. */
export function unreachable() {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) {
        found.push(`the page is ${document.documentElement.scrollWidth} wide, the screen ${width}`);
    }
    const body = document.querySelector(".o_action_manager .o_content");
    if (body && body.scrollWidth > body.clientWidth + 1) {
        found.push(`the content is ${body.scrollWidth} wide, the screen ${body.clientWidth}`);
    }
    for (const el of document.querySelectorAll(
        ".o_action_manager :is(button, a[href], input, [role='link'], .o_kanban_record), .modal button"
    )) {
        const { left, right } = el.getBoundingClientRect();
        if (isSeen(el) && (left < -1 || right > width + 1) && !isInScroller(el)) {
            found.push(`“${el.textContent.trim().slice(0, 40)}” from ${left} to ${right}`);
        }
    }
    return found;
}

const rgba = (text) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d");
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
};

const over = (front, back) => ({
    r: front.r * front.a + back.r * (1 - front.a),
    g: front.g * front.a + back.g * (1 - front.a),
    b: front.b * front.a + back.b * (1 - front.a),
    a: 1,
});

/** The colour on which an element stands. */
export function groundOf(el) {
    const layers = [];
    for (let one = el; one; one = one.parentElement) {
        const color = rgba(getComputedStyle(one).backgroundColor);
        layers.push(color);
        if (color.a === 1) {
            break;
        }
    }
    return layers.reverse().reduce((back, front) => over(front, back), { r: 255, g: 255, b: 255, a: 1 });
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance({ r, g, b }) {
    const [red, green, blue] = [r, g, b].map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(front, back) {
    const [light, dark] = [luminance(over(front, back)), luminance(back)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
}

/** Texts of the screens of monitoring that stand out too little from their ground. */
function faintTexts(least) {
    const found = [];
    for (const el of document.querySelectorAll(".o_im :not(svg, svg *)")) {
        const own = [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !isSeen(el)) {
            continue;
        }
        const style = getComputedStyle(el);
        const color = rgba(style.color);
        let opacity = 1;
        for (let one = el; one; one = one.parentElement) {
            opacity *= Number(getComputedStyle(one).opacity);
        }
        const ratio = contrast({ ...color, a: color.a * opacity }, groundOf(el));
        if (ratio < least) {
            found.push(`“${el.textContent.trim().slice(0, 30)}” (${el.className}): ${ratio.toFixed(1)}`);
        }
    }
    return found;
}

/** Numbers and words of charts, which are drawn and not styled. */
function faintCharts(least) {
    const found = [];
    for (const canvas of document.querySelectorAll(".o_im canvas, .o_im_colors canvas")) {
        const { options } = window.Chart.getChart(canvas);
        const colors = {
            x: options.scales.x.ticks.color,
            y: options.scales.y.ticks.color,
            legend: options.plugins.legend.labels.color,
        };
        for (const [what, color] of Object.entries(colors)) {
            const ratio = contrast(rgba(color), groundOf(canvas));
            if (ratio < least) {
                found.push(`${what} of a chart: ${ratio.toFixed(1)}`);
            }
        }
    }
    return found;
}

/** What cannot be read well, as texts; 4.5 is what WCAG asks of text. */
export const unreadable = (least = 4.5) => [...faintTexts(least), ...faintCharts(least)];

const step = (content, trigger, look) => ({
    content,
    trigger,
    async run() {
        const found = look();
        if (found.length) {
            throw new Error(`${content}: ${[...new Set(found)].slice(0, 12).join("; ")}`);
        }
    },
});

/** A step that fails when something on the screen cannot be reached. */
export const everythingFits = (screen, trigger) => step(`${screen} fits on the screen`, trigger, unreachable);

/** A step that fails when something on the screen cannot be read. */
export const everythingIsReadable = (screen, trigger) =>
    step(`${screen} can be read`, trigger, unreadable);
