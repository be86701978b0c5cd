import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { checkScript } from "../consult/check.ts";
import { scriptLogSchema } from "../consult/log-schema.ts";
import { scriptSchema } from "../consult/script-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";

const kind = {
  what: "script",
  path: "scripts",
  schema: scriptSchema,
} satisfies Kind<typeof scriptSchema>;

interface SetOptions {
  description?: string;
  disabled?: boolean;
  host?: string[];
  deadline?: string;
  cpu?: string;
  memory?: string;
}

/** `dialtone script`: TypeScript that decides calls. */
export function registerScript(program: Command): void {
  const group = withApiOptions(
    program.command("script").description("scripts: TypeScript of yours that decides calls"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone script check helpdesk.ts               types and syntax, without saving anything
  dialtone script set helpdesk helpdesk.ts        save it; every node uses it within a second
  dialtone route add helpdesk --number 7000 --script helpdesk
  dialtone route test 7000                        what it decides
  dialtone script log helpdesk                    what it logged, and why it failed

    export function decide(call: Call, helpers: Helpers): Answer {
      if (call.from.user.startsWith("0900")) return { action: "reject", code: 603 };
      return { action: "route", targets: [{ type: "user", user: "1001" }] };
    }

A script that fails or is late: the next rule decides. What it is given: src/consult/globals/dialtone.d.ts, docs/scripts.md.`,
  );

  group
    .command("set <name> <file>")
    .description("make or replace a script")
    .option("--description <text>", "a note")
    .option("--disabled", "keep it, but let it decide nothing")
    .option("--host <host...>", "a host that it may ask by helpers.fetch; repeat it for more")
    .option("--deadline <ms>", "for a call in all, 10 to 3000")
    .option("--cpu <ms>", "processor time without a pause, 1 to 100")
    .option("--memory <MB>", "8 to 64")
    .action(async (name: string, file: string, options: SetOptions, command: Command) => {
      const script = scriptSchema.parse({
        name,
        source: await readFile(file, "utf8"),
        enabled: options.disabled !== true,
        ...(options.description !== undefined && { description: options.description }),
        ...(options.host && { hosts: options.host }),
        ...(options.deadline !== undefined && { deadline_ms: Number(options.deadline) }),
        ...(options.cpu !== undefined && { cpu_ms: Number(options.cpu) }),
        ...(options.memory !== undefined && { memory_mb: Number(options.memory) }),
      });
      await putOne(command, kind, name, script, `script ${name} set`);
    });

  group
    .command("check <file>")
    .description("types and syntax of a script, here; exit code 1 when something is wrong")
    .action(async (file: string, _options: unknown, command: Command) => {
      const faults = await checkScript(await readFile(file, "utf8"));
      if (faults.length > 0) process.exitCode = 1;
      print(command, { faults }, () =>
        faults.length === 0
          ? "nothing is wrong with it"
          : faults.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"),
      );
    });

  registerKept(group, kind, {
    head: ["NAME", "LINES", "DEADLINE", "HOSTS", "", "DESCRIPTION"],
    row: ({ name, source, deadline_ms, hosts, enabled, description }) => [
      name,
      source.split("\n").length,
      `${deadline_ms} ms`,
      hosts.join(", "),
      enabled ? "" : "disabled",
      description,
    ],
    none: "no scripts yet: see 'dialtone script --help'",
    show: ({ source }) => source,
    shown: "the source of a script; --json for all of it",
  });

  group
    .command("log <name>")
    .description("how a script did at the node that is asked, and what it logged there")
    .action(async (name: string, _options: unknown, command: Command) => {
      const found = await ask(
        apiTargets(command),
        scriptLogSchema,
        "GET",
        `/v1/scripts/${encodeURIComponent(name)}/log`,
      );
      print(command, found, () =>
        [
          ...found.lines.map(({ at, call, text }) => `${at} ${call}: ${text}`),
          `answered ${found.answered}, failed ${found.failed}${found.resting ? ", rests for some seconds" : ""}`,
          ...(found.failure === undefined ? [] : [`last failure: ${found.failure}`]),
        ].join("\n"),
      );
    });
}
