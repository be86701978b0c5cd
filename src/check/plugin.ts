/** The words of the Monitoring Plugins (Nagios) API: exit codes, one line, figures. Pure. */

/** Exit codes of the plugin API. */
export const levels = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type Level = 0 | 1 | 2 | 3;

/** One figure: `'label'=value[unit];[warn];[crit];[min];[max]`. */
export interface Figure {
  label: string;
  value: number;
  unit?: "s" | "%" | "B" | "c";
  warn?: number;
  crit?: number;
  min?: number;
  max?: number;
}

export interface CheckResult {
  level: Level;
  /** One line, without `|`. */
  summary: string;
  figures: Figure[];
  details: string[];
}

/** Worse first: an UNKNOWN is less than a CRITICAL that is known, and more than a WARNING. */
const weight: Record<Level, number> = { 0: 0, 1: 1, 3: 2, 2: 3 };

/** All checks as one: the worst gives the level and the first words. */
export function combine(results: readonly (readonly [name: string, result: CheckResult])[]): CheckResult {
  const ordered = [...results].sort(([, one], [, other]) => weight[other.level] - weight[one.level]);
  const level = ordered[0]?.[1].level ?? 3;
  const bad = ordered.filter(([, result]) => result.level !== 0);
  const [, shared] =
    new Set(bad.map(([, result]) => result.summary)).size === 1 && bad.length > 1 ? (bad[0] ?? []) : [];
  return {
    level,
    summary:
      bad.length === 0
        ? results.map(([, result]) => result.summary).join("; ")
        : shared
          ? shared.summary
          : bad.map(([name, result]) => `${name}: ${result.summary}`).join("; "),
    figures: results.flatMap(([name, result]) =>
      result.figures.map((figure) => ({ ...figure, label: `${name}_${figure.label}` })),
    ),
    details: results.flatMap(([name, result]) => [
      `${levels[result.level]} ${name}: ${result.summary}`,
      ...result.details.map((detail) => `  ${detail}`),
    ]),
  };
}

const figureText = ({ label, value, unit, warn, crit, min, max }: Figure): string => {
  const bounds = [warn, crit, min, max].map((bound) => bound ?? "").join(";");
  return `'${label}'=${value}${unit ?? ""};${bounds}`.replace(/;+$/, "");
};

/** The text that the plugin API asks for. `|` separates figures, so that it must not appear elsewhere. */
export function pluginText(name: string, { level, summary, figures, details }: CheckResult): string {
  const clean = (text: string) => text.replaceAll("|", "/").replaceAll("\n", " ");
  const perf = figures.length > 0 ? ` | ${figures.map(figureText).join(" ")}` : "";
  return [
    `DIALTONE ${name.toUpperCase()} ${levels[level]} - ${clean(summary)}${perf}`,
    ...details.map(clean),
  ].join("\n");
}
