import type { Command } from "commander";
import { z } from "zod";
import { utc } from "../base/moment.ts";
import { apiTargets, ask, print } from "../client/api.ts";
import { registry } from "../routing/registry.ts";
import type { Given } from "../versions/documents.ts";
import { readFile } from "../versions/file.ts";
import { draftChangesSchema, draftSchema, publishedSchema } from "../versions/version-schema.ts";
import {
  diffText,
  FileFaults,
  fileChanges,
  fill,
  findingsText,
  more,
  patient,
  textIn,
} from "./rules-file.ts";
import { table } from "./table.ts";

const pathOf = (name: string, more = ""): string => `/v1/drafts/${encodeURIComponent(name)}${more}`;
const named = z.object({ name: z.string() });

/** `users` or `user`. @throws Error */
function partOf(word: string): string {
  const found = Object.entries(registry).find(([part, { kind }]) => word === part || word === kind);
  if (!found) throw new Error(`there is no kind ${word}: ${Object.keys(registry).join(", ")}`);
  return found[0];
}

/** `dialtone rules draft`: changes that nobody decides by yet. */
export function registerDrafts(rules: Command): void {
  const group = rules.command("draft").description("changes that nobody decides by yet");
  group.addHelpText(
    "after",
    `
Examples:
  dialtone rules draft new spring --why 'new opening hours'
  dialtone rules draft set spring calendar office hours.yaml    the whole of it; '-': from standard input
  dialtone rules draft remove spring route old
  dialtone rules draft import spring office.yaml                all that differs from what decides
  dialtone rules draft show spring
  dialtone route test 5000 --draft spring --at 2027-04-01T12:00+02:00
  dialtone rules validate --draft spring
  dialtone rules draft publish spring                           at once on all nodes, or not at all`,
  );
  group
    .command("new <name>")
    .description("begin a draft")
    .option("--why <text>", "stands in the version that it becomes", "")
    .action(async (name: string, { why }: { why: string }, command: Command) => {
      const draft = await ask(apiTargets(command), draftSchema, "POST", "/v1/drafts", { name, why });
      print(command, draft, () => `draft ${name}, on version ${draft.base}`);
    });
  group
    .command("list")
    .description("all drafts")
    .action(async (_options: unknown, command: Command) => {
      const { drafts } = await ask(
        apiTargets(command),
        z.object({ drafts: z.array(draftSchema) }),
        "GET",
        "/v1/drafts",
      );
      print(command, drafts, () =>
        drafts.length === 0
          ? "no drafts"
          : table(
              ["DRAFT", "CHANGES", "ON", "CHANGED (UTC)", "WHO", "WHY"],
              drafts.map((draft) => [
                draft.name,
                draft.changes,
                draft.base,
                utc(draft.changed_at),
                draft.who,
                draft.why,
              ]),
            ),
      );
    });
  group
    .command("show <name>")
    .description("what a draft changes; exit code 1 when somebody changed the same meanwhile")
    .action(async (name: string, _options: unknown, command: Command) => {
      const found = await ask(apiTargets(command), draftChangesSchema, "GET", pathOf(name));
      const conflicts = found.changes.filter(({ changed_in: changed }) => changed !== null);
      if (conflicts.length > 0) process.exitCode = 1;
      print(command, found, () =>
        [
          `draft ${name}, on version ${found.draft.base}: ${found.draft.changes} changes`,
          diffText(found.changes),
          ...conflicts.map(
            ({ part, key, changed_in: changed }) =>
              `conflict: /${part}/${key} was changed in version ${changed}`,
          ),
          ...more(found.more),
        ].join("\n"),
      );
    });
  group
    .command("set <name> <kind> <thing> <file>")
    .description("one thing as the YAML file says: all of it, without what is by default")
    .action(
      async (
        name: string,
        kind: string,
        thing: string,
        file: string,
        _options: unknown,
        command: Command,
      ) => {
        const part = partOf(kind);
        const indented = textIn(file).replace(/^/gm, "    ");
        const { given, faults } = readFile(
          registry,
          `format: 1\n${part}:\n  ${JSON.stringify(thing)}:\n${indented}`,
        );
        if (faults.length > 0)
          throw new FileFaults(
            file,
            faults.map((fault) => ({
              ...fault,
              line: Math.max(1, fault.line - 3),
              column: Math.max(1, fault.column - 4),
            })),
          );
        await put(command, name, given, undefined);
      },
    );
  group
    .command("remove <name> <kind> <thing>")
    .description("remove one thing with the draft")
    .action(async (name: string, kind: string, thing: string, _options: unknown, command: Command) =>
      put(command, name, [{ part: partOf(kind), key: thing, document: null }], undefined),
    );
  group
    .command("import <name> <file>")
    .description("all that a file of 'dialtone rules export' has otherwise than what decides")
    .option("--merge", "what is not in the file stays")
    .action(async (name: string, file: string, { merge }: { merge?: boolean }, command: Command) => {
      const { present, changes } = await fileChanges(command, file, merge ?? false);
      await put(command, name, changes, present.version);
    });
  group
    .command("publish <name>")
    .description("make it the version that decides: at once on all nodes, or not at all")
    .option("--why <text>", "stands in the version; default: the draft's")
    .option("--dry-run", "only say whether it can be done")
    .action(
      async (name: string, { why, dryRun = false }: { why?: string; dryRun?: boolean }, command: Command) => {
        const body = { ...(why !== undefined && { why }), dry_run: dryRun };
        const done = await ask(
          apiTargets(command),
          publishedSchema,
          "POST",
          pathOf(name, "/publish"),
          body,
          patient,
        );
        print(command, done, () =>
          [
            ...findingsText(done.findings),
            done.rules_version === null
              ? `${done.changes} changes would be made`
              : `version ${done.rules_version}: ${done.changes} changes`,
          ].join("\n"),
        );
      },
    );
  group
    .command("discard <name>")
    .description("forget a draft")
    .action(async (name: string, _options: unknown, command: Command) => {
      const gone = await ask(apiTargets(command), named, "DELETE", pathOf(name));
      print(command, gone, () => `draft ${name} is forgotten`);
    });
}

async function put(
  command: Command,
  name: string,
  changes: readonly Given[],
  base: number | undefined,
): Promise<void> {
  await fill(command, name, changes, base);
  const draft = await ask(apiTargets(command), draftChangesSchema, "GET", pathOf(name));
  print(command, draft.draft, () => `draft ${name}: ${draft.draft.changes} changes`);
}
