/** Small pieces of Markdown. Text of the plan is escaped, so that a '|' or '*' in it stays one. Pure. */

export const escaped = (text: string): string => text.replaceAll(/[\\|*_`<>[\]#]/g, (mark) => `\\${mark}`);

/** Cells are Markdown already: escape what comes from the plan. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");

export const bullets = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

export const steps = (items: readonly string[]): string =>
  items.map((item, index) => `${index + 1}. ${item}`).join("\n");

/** Paragraphs, tables and lists with an empty line between. */
export const page = (...parts: (string | undefined | false)[]): string =>
  `${parts.filter((part) => part !== undefined && part !== false && part !== "").join("\n\n")}\n`;
