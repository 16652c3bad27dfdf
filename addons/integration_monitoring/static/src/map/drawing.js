// Where everything stands on the map. No component: numbers in, numbers out.

export const WIDTH = 1200;
export const HEIGHT = 720;
const CENTER = { x: WIDTH / 2, y: HEIGHT / 2 };
const NODE = { width: 205, height: 58 };
const HUB = 62;
const GAP = 18;
const LETTERS = 16;
const DOMAIN_ORDER = ["clinical", "integration", "administrative", "observability"];

const rank = (domain) => {
    const place = DOMAIN_ORDER.indexOf(domain);
    return place === -1 ? DOMAIN_ORDER.length : place;
};

/** Systems of a kind stand beside each other, and kinds of a domain too. */
function ordered(systems) {
    return [...systems].sort(
        (a, b) =>
            rank(a.domain) - rank(b.domain) ||
            (a.kind || "").localeCompare(b.kind || "") ||
            a.name.localeCompare(b.name)
    );
}

/** Traffic as the width of a line: ten times as much is about a step wider. */
export function widthOf(messages) {
    return Math.min(14, 1.5 + 2.5 * Math.log10(1 + (messages || 0)));
}

/** The point at which a line from the middle enters the box of a system. */
function border(place, angle) {
    const dx = Math.cos(angle);
    const dy = Math.sin(angle);
    const reach = Math.min(
        NODE.width / 2 / Math.max(Math.abs(dx), 1e-6),
        NODE.height / 2 / Math.max(Math.abs(dy), 1e-6)
    );
    return { x: place.x - dx * reach, y: place.y - dy * reach };
}

/** One line for each interface: side by side, from whom sends to whom receives. */
function edgesOf(system, place, angle) {
    const cards = system.interfaces;
    return cards.map((card, at) => {
        const aside = (at - (cards.length - 1) / 2) * GAP;
        const shift = { x: -Math.sin(angle) * aside, y: Math.cos(angle) * aside };
        const near = {
            x: CENTER.x + Math.cos(angle) * HUB + shift.x * 0.6,
            y: CENTER.y + Math.sin(angle) * HUB + shift.y * 0.6,
        };
        const end = border(place, angle);
        const far = { x: end.x + shift.x * 0.6, y: end.y + shift.y * 0.6 };
        const [from, to] = card.direction === "outbound" ? [near, far] : [far, near];
        const middle = { x: (from.x + to.x) / 2 + shift.x, y: (from.y + to.y) / 2 + shift.y };
        return {
            key: card.id,
            card,
            width: widthOf(card.done_day),
            path: `M ${from.x} ${from.y} Q ${middle.x} ${middle.y} ${to.x} ${to.y}`,
            flows: card.done_day > 0 && !["paused", "down"].includes(card.light),
            arrow: arrow(middle, to, widthOf(card.done_day)),
        };
    });
}

/** The triangle at the end of a line. */
function arrow(from, to, width) {
    const angle = Math.atan2(to.y - from.y, to.x - from.x);
    const size = 7 + width * 0.9;
    const corner = (turn) =>
        `${to.x - size * Math.cos(angle + turn)},${to.y - size * Math.sin(angle + turn)}`;
    return `${to.x},${to.y} ${corner(0.5)} ${corner(-0.5)}`;
}

/** As much of a name as fits into the box of a system. */
export function shortened(name) {
    return name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name;
}

const onEllipse = (angle, share) => ({
    x: CENTER.x + Math.cos(angle) * (WIDTH / 2) * share,
    y: CENTER.y + Math.sin(angle) * (HEIGHT / 2) * share,
});

/** The name of each domain, among its systems. */
function labels(nodes, names) {
    const found = new Map();
    for (const node of nodes) {
        const domain = node.system.domain || "";
        found.set(domain, [...(found.get(domain) || []), node.angle]);
    }
    const half = Math.PI / Math.max(1, nodes.length);
    return [...found].map(([domain, angles]) => ({
        key: domain,
        name: names[domain] || domain,
        ...onEllipse(middleOf(angles, half), 0.5),
    }));
}

/** Between two systems, where no line passes, as near to the middle of a domain as can be. */
function middleOf(angles, half) {
    const middle = (angles[0] + angles.at(-1)) / 2;
    return angles.length % 2 ? middle + half : middle;
}

/**
 * @param {object[]} systems as `integration.overview` gives them
 * @param {object} names of domains
 * @returns {{center, hub, nodes, edges, labels}}
 */
export function drawing(systems, names) {
    const around = ordered(systems);
    const nodes = around.map((system, at) => {
        const angle = -Math.PI / 2 + (2 * Math.PI * (at + 0.5)) / Math.max(1, around.length);
        // Every second one of many stands a little nearer, so that boxes do not touch.
        const near = around.length > 12 && at % 2 ? 0.74 : 1;
        const x = CENTER.x + Math.cos(angle) * (WIDTH / 2 - NODE.width / 2 - 10) * near;
        const y = CENTER.y + Math.sin(angle) * (HEIGHT / 2 - NODE.height / 2 - 10) * near;
        const straight = Math.atan2(y - CENTER.y, x - CENTER.x);
        return {
            key: system.id,
            system,
            angle,
            straight,
            x,
            y,
            left: x - NODE.width / 2,
            top: y - NODE.height / 2,
            ...NODE,
        };
    });
    return {
        center: CENTER,
        hub: HUB,
        nodes,
        edges: nodes.flatMap((node) => edgesOf(node.system, node, node.straight)),
        labels: labels(nodes, names),
    };
}
