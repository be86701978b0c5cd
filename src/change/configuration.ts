import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createTwoFilesPatch, structuredPatch } from "diff";
import { configDigest, type HostContext } from "../cluster/facts.ts";
import { checkout, release, releaseFiles } from "../cluster/release.ts";
import type { Secrets } from "../cluster/secrets.ts";
import { componentsOf } from "../components/index.ts";
import type { PartName } from "../report/parts.ts";

/** What one host was started with, and what lies on its disk now. Secrets leave it as keyed digests only. */

/** A generated file that is not as the agent wrote it. */
export interface GeneratedDrift {
  part: PartName;
  path: string;
  state: "changed" | "missing";
  /** First line of the file on disk that differs. */
  line?: number;
  /** Unified diff from what was generated to what is there, without secrets. */
  diff?: string;
}

export interface HostConfiguration {
  host: string;
  release: string;
  checkout: string;
  config: string;
  /** cluster.yaml as read at the agent's start, and as it is now (null: gone). */
  cluster: { file: string; text: string; disk: string | null };
  /** Digest of each secret, keyed with the peer token: equal secrets have equal digests. */
  secrets: Record<string, string>;
  /** SHA-256 of each file of the release. */
  files: Record<string, string>;
  generated: GeneratedDrift[];
}

/** All texts in a document, by their paths. */
function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

/** Digest of each secret by its name. Pure. */
export const secretDigests = (secrets: Secrets): Record<string, string> =>
  Object.fromEntries(
    leaves(secrets, "").map(([path, value]) => [
      path,
      createHmac("sha256", secrets.peer_token).update(value).digest("hex").slice(0, 12),
    ]),
  );

const blank = "‹secret›";

/** The text without this cluster's secrets; the longest first, because one may be part of another. Pure. */
export const withoutSecrets = (text: string, secrets: Secrets): string =>
  leaves(secrets, "")
    .map(([, value]) => value)
    .filter((value) => value.length >= 8)
    .sort((x, y) => y.length - x.length)
    .reduce((rest, value) => rest.replaceAll(value.trim(), blank), text);

/**
 * The difference between a generated file and what is on disk. In places where a secret stood, the changed lines are not
 * shown: they may hold another one. Pure.
 */
export function generatedDiff(
  generated: string,
  disk: string,
  secrets: Secrets,
): { line: number; diff: string } {
  const [before, after] = [withoutSecrets(generated, secrets), withoutSecrets(disk, secrets)];
  const { hunks } = structuredPatch("generated", "on disk", before, after, undefined, undefined, {
    context: 0,
  });
  const shown = hunks.map((hunk) => {
    const hides = hunk.lines.some((line) => line.startsWith("-") && line.includes(blank));
    const lines = hides
      ? hunk.lines.map((line) => (line.startsWith("+") ? "+ ‹changed beside a secret: not shown›" : line))
      : hunk.lines;
    return [`@@ -${hunk.oldStart} +${hunk.newStart} @@`, ...lines].join("\n");
  });
  // Only a secret itself is another one: nothing is left to compare without it.
  if (hunks.length === 0) return { line: firstDifference(generated, disk), diff: "a secret was changed" };
  return { line: hunks[0]?.newStart ?? 1, diff: shown.join("\n") };
}

function firstDifference(one: string, other: string): number {
  const [lines, others] = [one.split("\n"), other.split("\n")];
  return lines.findIndex((line, index) => line !== others[index]) + 1 || lines.length;
}

/** Unified diff of two texts for people. Pure. */
export const unifiedDiff = (
  name: string,
  from: [label: string, text: string],
  to: [label: string, text: string],
) =>
  createTwoFilesPatch(`${name} ${from[0]}`, `${name} ${to[0]}`, from[1], to[1], undefined, undefined, {
    context: 1,
  })
    .split("\n")
    .slice(1)
    .join("\n")
    .trimEnd();

const readOrNull = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
};

/** The generated files of running parts that somebody changed or removed. */
export async function generatedDrift(context: HostContext, running: PartName[]): Promise<GeneratedDrift[]> {
  const found: GeneratedDrift[] = [];
  for (const component of componentsOf(context)) {
    if (!running.includes(component.name)) continue;
    for (const { path, content } of component.files(context)) {
      const disk = await readOrNull(path);
      if (disk === content) continue;
      const what = { part: component.name, path };
      if (disk === null) found.push({ ...what, state: "missing" });
      else found.push({ ...what, state: "changed", ...generatedDiff(content, disk, context.secrets) });
    }
  }
  return found;
}

/** What can be seen of a host without looking at others: what its files should be, and what they are. */
export type OwnFiles = Pick<HostConfiguration, "host" | "cluster" | "generated">;

/** @throws Error when a file can not be read. */
export const ownFiles = async (
  context: HostContext,
  text: string,
  running: PartName[],
): Promise<OwnFiles> => ({
  host: context.self.name,
  cluster: { file: context.clusterFile, text, disk: await readOrNull(context.clusterFile) },
  generated: await generatedDrift(context, running),
});

/** All of it; looks at each file of the release. @throws Error when a file can not be read. */
export async function hostConfiguration(
  context: HostContext,
  text: string,
  running: PartName[],
): Promise<HostConfiguration> {
  return {
    ...(await ownFiles(context, text, running)),
    release: release(),
    checkout,
    config: configDigest(context.cluster),
    secrets: secretDigests(context.secrets),
    files: releaseFiles(),
  };
}

/** What a generated file's name is to people. */
export const nameOf = (path: string): string => basename(path);
