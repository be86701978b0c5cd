import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { createPatch } from "diff";
import { z } from "zod";
import { ApiError, apiTargets, ask } from "../client/api.ts";
import { registry } from "../routing/registry.ts";
import type { Fault, Given } from "../versions/documents.ts";
import { canonicalText, meaning, type PlacedFault, readFile, shortened, textOf } from "../versions/file.ts";
import {
  type ChangeShown,
  documentsSchema,
  draftSchema,
  type Finding,
  partsSchema,
  publishedSchema,
} from "../versions/version-schema.ts";

/** What the commands of `dialtone rules` share: everything there is, what a file changes of it, changing it in one step. */

export type Documents = Map<string, Map<string, unknown>>;

/** Somebody changes something while it is read: read again, so often. */
const attempts = 5;

const documentsOf = async (command: Command, part: string, version: number) => {
  const found = new Map<string, unknown>();
  for (let after = ""; ; ) {
    const search = new URLSearchParams({ part, after, limit: "250" });
    const page = await ask(apiTargets(command), documentsSchema, "GET", `/v1/rules/documents?${search}`);
    if (page.version !== version) return undefined;
    for (const { key, document } of page.documents) found.set(key, document);
    if (page.next === null) return found;
    after = page.next;
  }
};

/** Everything as of one version. @throws Error */
export async function everything(
  command: Command,
  parts: readonly string[] = Object.keys(registry),
): Promise<{ version: number; documents: Documents }> {
  attempt: for (let attempt = 0; attempt < attempts; attempt++) {
    const { version } = await ask(apiTargets(command), partsSchema, "GET", "/v1/rules");
    const documents: Documents = new Map();
    for (const part of parts) {
      const found = await documentsOf(command, part, version);
      if (!found) continue attempt;
      documents.set(part, found);
    }
    return { version, documents };
  }
  throw new Error("others change rules without a pause: try again");
}

/** What has to be changed so that everything of these kinds is as given. */
export function changesTo(
  { documents }: { documents: Documents },
  given: readonly Given[],
  parts: readonly string[],
  keepOthers: boolean,
): Given[] {
  const named = new Set(given.map(({ part, key }) => `${part}\n${key}`));
  const gone = keepOthers
    ? []
    : parts.flatMap((part) =>
        [...(documents.get(part)?.keys() ?? [])]
          .filter((key) => !named.has(`${part}\n${key}`))
          .map((key) => ({ part, key, document: null })),
      );
  const changed = given.filter((one) => {
    const present = documents.get(one.part)?.get(one.key);
    return (
      present === undefined || meaning(registry, { ...one, document: present }) !== meaning(registry, one)
    );
  });
  return [...changed, ...gone];
}

/** A file, and what it changes. @throws FileFaults */
export async function fileChanges(command: Command, file: string, keepOthers: boolean) {
  const { given, parts, faults, placed } = readFile(registry, textIn(file));
  if (faults.length > 0) throw new FileFaults(file, faults);
  const present = await everything(command, parts);
  return { present, placed, changes: changesTo(present, given, parts, keepOthers) };
}

/** Text for people of what is changed. */
export function diffText(changes: readonly Pick<ChangeShown, "part" | "key" | "before" | "after">[]): string {
  return changes
    .map(({ part, key, before, after }) => {
      const sides = [before, after].map((document) =>
        document === null || document === undefined
          ? ""
          : textOf(shortened(registry, { part, key, document })),
      );
      const patch = createPatch(`${part}/${key}`, sides[0] ?? "", sides[1] ?? "", undefined, undefined, {
        context: 2,
      });
      const lines = patch
        .split("\n")
        .filter((line) => /^[-+ @]/.test(line) && !/^(---|\+\+\+) /.test(line) && !line.startsWith("@@"));
      const sign = before === null ? "+" : after === null ? "-" : "~";
      return [
        `${sign} ${registry[part as keyof typeof registry]?.kind ?? part} ${key}`,
        ...lines.map((line) => `    ${line}`),
      ]
        .join("\n")
        .trimEnd();
    })
    .join("\n");
}

/** Where a list ends before its end. */
export const more = (count: number): string[] => (count > 0 ? [`… and ${count} more`] : []);

/** For `diffText`. */
export const shownChanges = ({ documents }: { documents: Documents }, changes: readonly Given[]) =>
  changes.map(({ part, key, document }) => ({
    part,
    key,
    before: documents.get(part)?.get(key) ?? null,
    after: document,
  }));

export const findingsText = (findings: readonly Finding[]): string[] =>
  findings.map(
    ({ severity, part, key, field, message, todo }) =>
      `${severity}: /${part}/${key}${field}: ${message}; ${todo}`,
  );

/** Faults of a file, and nothing else: it was not applied. */
export class FileFaults extends Error {
  readonly faults: readonly PlacedFault[];
  constructor(file: string, faults: readonly PlacedFault[]) {
    super(
      [
        ...faults.map(
          ({ line, column, path, message }) =>
            `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`,
        ),
        "nothing was changed",
      ].join("\n"),
    );
    this.faults = faults;
  }
}

export const textIn = (file: string): string => {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Error(`${file}: can not be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/** A request has at most so many bytes and changes. */
const portion = { bytes: 500_000, changes: 500 };

function* portionsOf(changes: readonly Given[]): Generator<Given[]> {
  let some: Given[] = [];
  let bytes = 0;
  for (const change of changes) {
    const size = canonicalText(change).length;
    if (some.length > 0 && (bytes + size > portion.bytes || some.length >= portion.changes)) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(change);
    bytes += size;
  }
  if (some.length > 0) yield some;
}

/** Scripts are checked one by one, everything as a whole before it is published. */
export const patient = { answerMs: 300_000 };

/** Puts changes into a draft. @throws ApiError */
export async function fill(
  command: Command,
  draft: string,
  changes: readonly Given[],
  base: number | undefined,
): Promise<void> {
  const path = `/v1/drafts/${encodeURIComponent(draft)}/changes`;
  for (const some of portionsOf(changes))
    await ask(
      apiTargets(command),
      draftSchema,
      "POST",
      path,
      { ...(base !== undefined && { base }), changes: some },
      patient,
    );
}

/** All changes in one step, by a draft of its own. @throws ApiError, FileFaults */
export async function apply(
  command: Command,
  changes: readonly Given[],
  base: number,
  {
    why,
    dryRun,
    file,
    placed,
  }: { why: string; dryRun: boolean; file: string; placed(fault: Fault): PlacedFault },
): Promise<z.infer<typeof publishedSchema>> {
  const name = `import-${randomBytes(4).toString("hex")}`;
  const path = `/v1/drafts/${name}`;
  const targets = apiTargets(command);
  const discard = () => ask(targets, z.object({ name: z.string() }), "DELETE", path).catch(() => undefined);
  await ask(targets, draftSchema, "POST", "/v1/drafts", { name, why });
  try {
    await fill(command, name, changes, base);
    const body = { how: "import", why, dry_run: dryRun };
    const done = await ask(targets, publishedSchema, "POST", `${path}/publish`, body, patient);
    if (dryRun) await discard();
    return done;
  } catch (error) {
    await discard();
    if (error instanceof ApiError && error.errors.length > 0)
      throw new FileFaults(file, error.errors.map(placed));
    throw error;
  }
}
