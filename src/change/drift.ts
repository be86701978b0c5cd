import { LineCounter, parseDocument } from "yaml";
import { clusterSchema } from "../cluster/schema.ts";
import type { Drift } from "../report/drift.ts";
import { type HostConfiguration, nameOf, type OwnFiles, unifiedDiff } from "./configuration.ts";
import { flatten } from "./settings.ts";

/** What is not the same on all hosts, or not as it was written, named to the file and line. Pure. */

const filesShown = 5;

/** The line of a setting in the text of a cluster.yaml; undefined: not there, so its default counts. */
export function lineOf(text: string, path: string): number | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const node = document.getIn(path.split("."), true) as { range?: [number, number, number] } | undefined;
  return node?.range ? lines.linePos(node.range[0]).line : undefined;
}

const settingsOf = (text: string): Map<string, string> => {
  const parsed = clusterSchema.safeParse(parseDocument(text).toJS() ?? {});
  return flatten(parsed.success ? parsed.data : {});
};

/** e.g. `cluster.yaml line 12: vrrp.advert_ms 20 on a, 50 on b`, one for each setting. */
export function settingLines(
  one: { label: string; text: string },
  other: { label: string; text: string },
): string[] {
  const [a, b] = [settingsOf(one.text), settingsOf(other.text)];
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths.flatMap((path) => {
    if (a.get(path) === b.get(path)) return [];
    const side = (label: string, values: Map<string, string>, text: string) => {
      const value = values.get(path) ?? "not set";
      return lineOf(text, path) === undefined && values.has(path)
        ? `${value} (default) ${label}`
        : `${value} ${label}`;
    };
    const line = lineOf(one.text, path) ?? lineOf(other.text, path);
    const where = line === undefined ? "cluster.yaml" : `cluster.yaml line ${line}`;
    return [`${where}: ${path} ${side(one.label, a, one.text)}, ${side(other.label, b, other.text)}`];
  });
}

const applyAdvice = "bring the right file to all hosts: 'dialtone apply FILE'";

/** What one host can see of itself: files on its disk that are not as its agent read or wrote them. */
export function ownDrift(own: OwnFiles): Drift[] {
  const { host, cluster } = own;
  const found: Drift[] = [];
  const add = (text: string, advice: string, diff?: string) =>
    found.push({
      code: "config-differs",
      hosts: [host],
      text,
      advice,
      ...(diff === undefined ? {} : { diff }),
    });
  if (cluster.disk === null)
    add(`${cluster.file} on ${host} is gone: its agent could not start again`, applyAdvice);
  else if (cluster.disk !== cluster.text) {
    const lines = settingLines(
      { label: "in force", text: cluster.text },
      { label: "on disk", text: cluster.disk },
    );
    const diff = unifiedDiff(cluster.file, ["as read", cluster.text], ["on disk", cluster.disk]);
    // Comments alone change nothing.
    for (const line of lines)
      add(`${host}: ${line}: changed since the agent read it, and not in force`, applyAdvice, diff);
  }
  for (const { part, path, state, line, diff } of own.generated)
    add(
      state === "missing"
        ? `${host}: ${path} of ${part} is gone`
        : `${host}: ${nameOf(path)} line ${line ?? 1} of ${part} is not as it was generated (${path})`,
      `somebody changed it by hand; it is written again when ${part} starts: bring what you want into cluster.yaml`,
      diff,
    );
  return found;
}

/** What two hosts do not have in common. */
export function driftBetween(one: HostConfiguration, other: HostConfiguration): Drift[] {
  const hosts = [one.host, other.host];
  const found: Drift[] = [];
  if (one.config !== other.config) {
    const [a, b] = [
      { label: `on ${one.host}`, text: one.cluster.text },
      { label: `on ${other.host}`, text: other.cluster.text },
    ];
    const diff = unifiedDiff("cluster.yaml", [a.label, a.text], [b.label, b.text]);
    const lines = settingLines(a, b);
    for (const text of lines) found.push({ code: "config-differs", hosts, text, advice: applyAdvice, diff });
    if (lines.length === 0)
      found.push({
        code: "config-differs",
        hosts,
        advice: "bring all hosts to one release",
        text: `cluster.yaml is the same on ${one.host} and ${other.host}, but their releases read it differently`,
      });
  }
  const names = [...new Set([...Object.keys(one.secrets), ...Object.keys(other.secrets)])];
  const secret = names.filter((name) => one.secrets[name] !== other.secrets[name]);
  if (secret.length > 0)
    found.push({
      code: "config-differs",
      hosts,
      text: `cluster.secrets.yaml: ${secret.join(", ")} differ between ${one.host} and ${other.host}`,
      advice: "copy the right cluster.secrets.yaml to the other host, then 'dialtone restart --rolling'",
    });
  if (one.release !== other.release) {
    const files = [...new Set([...Object.keys(one.files), ...Object.keys(other.files)])]
      .filter((file) => one.files[file] !== other.files[file])
      .sort();
    const more = files.length > filesShown ? ` and ${files.length - filesShown} more` : "";
    found.push({
      code: "release-differs",
      hosts,
      text: `release ${one.release} on ${one.host} (${one.checkout}), ${other.release} on ${other.host} (${other.checkout}): ${files.slice(0, filesShown).join(", ")}${more} differ`,
      advice: "bring all hosts to one release: 'dialtone upgrade --to FOLDER'",
    });
  }
  return found;
}

/** Everything, each host against the first. */
export const driftOf = (all: HostConfiguration[]): Drift[] => {
  const [first, ...rest] = all;
  return [...all.flatMap(ownDrift), ...(first ? rest.flatMap((other) => driftBetween(first, other)) : [])];
};
