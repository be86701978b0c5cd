import { Graph, layout } from "@dagrejs/dagre";
import { namesIn, needsGraph } from "../check.ts";
import type { Plan } from "../checked-plan.ts";

/** The picture of what needs what: services on the left, what they run on to the right. SVG text. */

const BOX = { width: 150, height: 44 };
const looks = {
  critical: { fill: "#f6c9b8", border: "#a33b1a" },
  important: { fill: "#fbe8bf", border: "#9a7412" },
  routine: { fill: "#e4ecd7", border: "#5d7a2c" },
  equipment: { fill: "#d8e6f0", border: "#1f5f8b" },
  outside: { fill: "#eeeeee", border: "#666666" },
} as const;
type Look = keyof typeof looks;

const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function lookOf(plan: Plan, name: string): { look: Look; note: string } {
  const service = plan.services[name];
  if (service) return { look: service.class, note: service.class };
  const equipment = plan.equipment[name];
  if (!equipment) return { look: "outside", note: "from outside" };
  const spare = equipment.units - equipment.needed;
  return {
    look: "equipment",
    note: spare > 0 ? `${equipment.units}, ${equipment.needed} needed` : "no spare",
  };
}

/** Draws the dependency graph of a plan. */
export function dependencyGraph(plan: Plan): string {
  const graph = new Graph().setGraph({ rankdir: "LR", nodesep: 14, ranksep: 60, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const needs = needsGraph(plan);
  for (const name of needs.nodes()) graph.setNode(name, { ...BOX });
  for (const edge of needs.edges()) graph.setEdge(needs.source(edge), needs.target(edge));
  layout(graph);
  const choices = new Set(
    [...Object.entries(plan.services), ...Object.entries(plan.equipment)].flatMap(([name, thing]) =>
      thing.needs.flatMap((need) =>
        typeof need === "string" ? [] : namesIn(need).map((each) => `${name}>${each}`),
      ),
    ),
  );
  const { width = 0, height = 0 } = graph.graph();
  const legend = height + 26;
  const lines = graph.edges().map(({ v, w }: { v: string; w: string }) => {
    const points: { x: number; y: number }[] = graph.edge(v, w).points ?? [];
    const path = points
      .map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`)
      .join(" ");
    const dash = choices.has(`${v}>${w}`) ? ' stroke-dasharray="5 4"' : "";
    return `<path d="${path}" fill="none" stroke="#555" stroke-width="1.2"${dash} marker-end="url(#needs)"/>`;
  });
  const boxes = graph.nodes().map((name: string) => {
    const { x = 0, y = 0 } = graph.node(name);
    const { look, note } = lookOf(plan, name);
    const { fill, border } = looks[look];
    const left = x - BOX.width / 2;
    const top = y - BOX.height / 2;
    return [
      `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="${fill}" stroke="${border}" stroke-width="${note === "no spare" ? 1.2 : 2}"/>`,
      `<text x="${x.toFixed(1)}" y="${(y - 3).toFixed(1)}" text-anchor="middle" font-size="13" font-weight="bold">${xml(name)}</text>`,
      `<text x="${x.toFixed(1)}" y="${(y + 13).toFixed(1)}" text-anchor="middle" font-size="11" fill="#444">${xml(note)}</text>`,
    ].join("");
  });
  const key = "An arrow points to what is needed. Dashed: one of these is enough.";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.max(width, 460).toFixed(0)} ${(legend + 8).toFixed(0)}" width="${Math.max(width, 460).toFixed(0)}" height="${(legend + 8).toFixed(0)}" font-family="DejaVu Sans, Arial, sans-serif" role="img" aria-label="What needs what">`,
    '<defs><marker id="needs" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="#555"/></marker></defs>',
    ...lines,
    ...boxes,
    `<text x="10" y="${(legend - 6).toFixed(0)}" font-size="12" fill="#444">${key}</text>`,
    "</svg>",
  ].join("\n");
}
