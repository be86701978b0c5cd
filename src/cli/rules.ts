import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { z } from "zod";
import { utc } from "../base/moment.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { registry } from "../routing/registry.ts";
import { csvParts, readCsv } from "../versions/csv.ts";
import { fileOf, shortened } from "../versions/file.ts";
import { replaySchema } from "../versions/replay-schema.ts";
import {
  type ChangeShown,
  comparisonSchema,
  findingsSchema,
  publishedSchema,
  type Version,
  versionSchema,
} from "../versions/version-schema.ts";
import { integer, moment } from "./options.ts";
import { registerDrafts } from "./rules-draft.ts";
import {
  apply,
  changesTo,
  diffText,
  everything,
  FileFaults,
  fileChanges,
  findingsText,
  more,
  patient,
  shownChanges,
  textIn,
} from "./rules-file.ts";
import { replayPatience, replayText } from "./rules-replay.ts";
import { table } from "./table.ts";

const pageOfVersions = z.object({ versions: z.array(versionSchema), next: z.int().nullable() });
const oneVersion = comparisonSchema.extend({ version: versionSchema });

const isNumber = (text: string): boolean => /^\d+$/.test(text);

const byName = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);

async function exported(command: Command): Promise<string> {
  const { documents } = await everything(command);
  const parts = new Map(
    [...documents].map(([part, those]) => [
      part,
      [...those]
        .map(([key, document]) => ({ key, document: shortened(registry, { part, key, document }) }))
        .sort(byName),
    ]),
  );
  return fileOf(parts);
}

/** @throws FileFaults */
async function csvChanges(command: Command, file: string, part: string) {
  const text = textIn(file);
  const present = await everything(command, [part]);
  const { given, faults, placed } = readCsv(registry, part, text, (key) =>
    present.documents.get(part)?.get(key),
  );
  if (faults.length > 0) throw new FileFaults(file, faults);
  return { present, placed, changes: changesTo(present, given, [part], true) };
}

const comparison = (changes: readonly ChangeShown[], rest: number): string =>
  [
    diffText(changes.filter(({ known }) => known)),
    ...changes.flatMap(({ known, part, key }) =>
      known ? [] : [`? ${part} ${key}: a release that did not remember what was before changed it`],
    ),
    ...more(rest),
  ]
    .filter((line) => line !== "")
    .join("\n");

const versionLine = ({ version, at, how, who, why, changes, what }: Version): (string | number)[] => [
  version,
  utc(at),
  how,
  who,
  changes,
  `${what.join(", ")}${changes > what.length ? ", …" : ""}`,
  why,
];

interface ImportOptions {
  csv?: string;
  merge?: boolean;
  dryRun?: boolean;
  why: string;
}

/** `dialtone rules`: everything that decides calls, together. */
export function registerRules(program: Command): void {
  const group = withApiOptions(
    program.command("rules").description("everything that decides calls together: files, versions, drafts"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone rules export --out office.yaml           everything as YAML, for git; secrets are never in it
  dialtone rules diff office.yaml                   what an import would change; exit code 1 when it would
  dialtone rules import office.yaml --why 'new branch'
  dialtone rules import --csv users people.csv      users, numbers, ranges, groups by table
  dialtone rules versions                           who changed what, when and why
  dialtone rules diff 40 57                         what is different from version 40 to 57
  dialtone rules roll-back 40 --why 'as before'     a new version that is as 40 was
  dialtone rules validate                           what is wrong with all rules together
What drafts are for: dialtone rules draft --help; all of it: docs/versions.md`,
  );

  group
    .command("export")
    .description("everything as one YAML file, in a stable order")
    .option("--out <file>", "write it there; default: standard output")
    .action(async ({ out }: { out?: string }, command: Command) => {
      const text = await exported(command);
      if (out === undefined) process.stdout.write(text);
      else {
        writeFileSync(out, text);
        print(command, { file: out }, () => `written to ${out}`);
      }
    });

  group
    .command("diff <what> [to]")
    .description(
      "what importing a file would change, or what is different from a version to a later one (default: now); exit code 1: something",
    )
    .action(async (what: string, to: string | undefined, _options: unknown, command: Command) => {
      if (isNumber(what)) {
        const search = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
        const found = await ask(
          apiTargets(command),
          comparisonSchema,
          "GET",
          `/v1/versions/${what}/diff${search}`,
        );
        if (found.changes.length > 0) process.exitCode = 1;
        print(command, found, () => comparison(found.changes, found.more) || "nothing is different");
        return;
      }
      const { present, changes } = await fileChanges(command, what, false);
      if (changes.length > 0) process.exitCode = 1;
      const shown = shownChanges(present, changes);
      print(
        command,
        { version: present.version, changes: shown },
        () => diffText(shown) || "nothing is different",
      );
    });

  group
    .command("import <file>")
    .description(
      "make everything as the file says, in one step; kinds that it does not have stay as they are",
    )
    .addOption(new Option("--csv <kind>", "a CSV file of this kind; others stay").choices(csvParts))
    .option("--merge", "what is not in the file stays")
    .option("--dry-run", "only say what would be changed, and what is wrong")
    .option("--why <text>", "stands in the version", "")
    .action(async (file: string, { csv, merge, dryRun = false, why }: ImportOptions, command: Command) => {
      const { present, changes, placed } =
        csv === undefined
          ? await fileChanges(command, file, merge ?? false)
          : await csvChanges(command, file, csv);
      const nothing = { rules_version: null, changes: 0, findings: [] };
      const done =
        changes.length === 0
          ? nothing
          : await apply(command, changes, present.version, { why, dryRun, file, placed });
      print(command, done, () =>
        [
          ...(dryRun ? [diffText(shownChanges(present, changes))] : []),
          ...findingsText(done.findings),
          done.changes === 0
            ? "nothing to change"
            : dryRun
              ? `${done.changes} changes would be made`
              : `version ${done.rules_version}: ${done.changes} changes`,
        ].join("\n"),
      );
    });

  group
    .command("versions")
    .description("versions, newest first")
    .option("--limit <number>", "at most so many", integer, 20)
    .option("--before <version>", "only older ones", integer)
    .action(async ({ limit, before }: { limit: number; before?: number }, command: Command) => {
      const search = new URLSearchParams({ limit: String(limit), ...(before && { before: String(before) }) });
      const found = await ask(apiTargets(command), pageOfVersions, "GET", `/v1/versions?${search}`);
      print(command, found.versions, () =>
        found.versions.length === 0
          ? "nothing was changed yet"
          : table(
              ["VERSION", "AT (UTC)", "HOW", "WHO", "CHANGES", "WHAT", "WHY"],
              found.versions.map(versionLine),
            ),
      );
    });

  group
    .command("show <version>")
    .description("one version: who, when, why, and what it changed")
    .action(async (version: string, _options: unknown, command: Command) => {
      const found = await ask(
        apiTargets(command),
        oneVersion,
        "GET",
        `/v1/versions/${encodeURIComponent(version)}`,
      );
      const { version: one } = found;
      print(command, found, () =>
        [
          `version ${one.version}, ${utc(one.at)} UTC, ${one.how}${one.who === "" ? "" : ` by ${one.who}`}${one.why === "" ? "" : `: ${one.why}`}`,
          comparison(found.changes, found.more),
        ].join("\n"),
      );
    });

  group
    .command("roll-back <version>")
    .description("everything as it was after that version: a new version; passwords stay")
    .option("--dry-run", "only say whether it can be done")
    .option("--why <text>", "stands in the version", "")
    .action(
      async (
        version: string,
        { why, dryRun = false }: { why: string; dryRun?: boolean },
        command: Command,
      ) => {
        const path = `/v1/versions/${encodeURIComponent(version)}/roll-back`;
        const body = { why, dry_run: dryRun };
        const done = await ask(apiTargets(command), publishedSchema, "POST", path, body, patient);
        print(command, done, () =>
          [
            ...findingsText(done.findings),
            done.changes === 0
              ? `nothing is different from version ${version}`
              : dryRun
                ? `${done.changes} changes would be made`
                : `version ${done.rules_version}: ${done.changes} changes, as after version ${version}`,
          ].join("\n"),
        );
      },
    );

  group
    .command("validate")
    .description(
      "what is wrong with all rules together; exit code 1 when there is an error, with --strict: anything",
    )
    .option("--draft <name>", "what this draft would bring")
    .option("--strict", "warnings count too")
    .action(async ({ draft, strict }: { draft?: string; strict?: boolean }, command: Command) => {
      const path =
        draft === undefined ? "/v1/rules/validate" : `/v1/drafts/${encodeURIComponent(draft)}/validate`;
      const found = await ask(apiTargets(command), findingsSchema, "GET", path, undefined, patient);
      if (found.findings.some(({ severity }) => strict || severity === "error")) process.exitCode = 1;
      print(command, found, () => findingsText(found.findings).join("\n") || "nothing is wrong");
    });

  group
    .command("replay")
    .description("past calls decided again: what would be different, and what it would cost")
    .requiredOption("--since <time>", "calls from then on: an age such as 24h, or a time (UTC)", moment)
    .option("--until <time>", "calls before; default: now", moment)
    .option(
      "--draft <name>",
      "by this draft; default: by the rules as they are now, compared with the records",
    )
    .option("--groups <number>", "so many groups of changed calls", integer, 20)
    .action(
      async (
        options: { since: string; until?: string; draft?: string; groups: number },
        command: Command,
      ) => {
        const found = await ask(
          apiTargets(command),
          replaySchema,
          "POST",
          "/v1/rules/replay",
          options,
          replayPatience,
        );
        print(command, found, () => replayText(found));
      },
    );

  registerDrafts(group);
}
