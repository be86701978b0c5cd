import { resolve } from "node:path";
import { confirm } from "@inquirer/prompts";
import type { Command } from "commander";
import { apply, applyText, planApply } from "../change/apply.ts";
import { backAll, confirmAll } from "../change/finish.ts";
import { RolloutError, type RolloutResult } from "../change/rollout.ts";
import { planUpgrade, upgrade, upgradeText } from "../change/upgrade.ts";
import { checkout } from "../cluster/release.ts";
import { interruptible } from "./interruptible.ts";
import { deskOf, type Where, withPlace } from "./maintenance.ts";

/** `dialtone upgrade | apply | change`: new releases and a new cluster.yaml on all hosts. */

interface Options extends Where {
  force: boolean;
  dryRun: boolean;
  yes: boolean;
}

const withChange = (command: Command): Command =>
  withPlace(command)
    .option("--dry-run", "only check on all hosts and say what it would mean", false)
    .option("--yes", "do not ask before it begins", false)
    .option("--force", "although the cluster is not safe to work on", false);

/** A person at a terminal is asked; programs said what they want by calling. */
async function agreed(options: Options, json: boolean): Promise<boolean> {
  if (options.yes || json || !process.stdin.isTTY) return true;
  return confirm({ message: "Begin?", default: false });
}

interface Change {
  /** The plan for people, and for programs. */
  text: string;
  told: object;
  /** What is on all hosts in the end. */
  what: string;
  run: (signal: AbortSignal) => Promise<RolloutResult>;
}

/** Shows what it would mean, asks, does it, says what became of it. */
async function carryOut({ print, json }: ReturnType<typeof deskOf>, options: Options, change: Change) {
  const { text, told, what, run } = change;
  if (!json) process.stdout.write(`${text}\n`);
  if (options.dryRun || !(await agreed(options, json))) {
    print("nothing was changed", { ...told, changed: false });
    return;
  }
  const result = await interruptible(run);
  print(doneText(what, result), { ...told, changed: true, ...result });
}

const doneText = (what: string, { done, skipped, holder, seconds }: RolloutResult): string =>
  `${what} on ${done.join(", ") || "no host"}${skipped.length > 0 ? ` (${skipped.join(", ")} had it already)` : ""} in ${seconds} s; ${holder} holds the service address`;

function registerUpgrade(program: Command): void {
  withChange(program.command("upgrade"))
    .description("run another release on all hosts, standby first; calls go on")
    .option(
      "--to <folder>",
      "where the release lies on every host (default: the one of this command)",
      checkout,
    )
    .addHelpText(
      "after",
      `
Put the new release into the same folder on all hosts first and run its 'sh scripts/setup' there; the folder must belong to
root. Every host is asked whether that release can run it before anything happens. Each host must be green and replicated
again before the next one; the service address is handed over before its holder. An agent that does not start with
the new release three times goes back by itself. Parts whose configuration did not change go on without a restart.
When a step fails it stops and says where it stands: run it again, or 'dialtone change back'.

Example:
  /opt/dialtone-0.2/bin/dialtone upgrade`,
    )
    .action(async (options: Options & { to: string }, command: Command) => {
      const place = deskOf(options, command);
      const { desk, json } = place;
      const plan = await planUpgrade(desk, resolve(options.to), options.force);
      await carryOut(place, options, {
        text: upgradeText(plan),
        told: plan,
        what: `release ${plan.release}`,
        run: (signal) =>
          upgrade(desk, plan, { force: options.force, quiet: json, signal }).catch((error: unknown) => {
            if (!(error instanceof RolloutError)) throw error;
            throw new Error(
              `${error.message}\nCure the reason and run it again, or go back on all hosts: dialtone change back`,
            );
          }),
      });
    });
}

function registerApply(program: Command): void {
  withChange(program.command("apply <file>"))
    .description("bring a changed cluster.yaml to all hosts, or to none; calls go on")
    .addHelpText(
      "after",
      `
All hosts check the file and keep it aside; refused as a whole when one has an objection or is absent, or when a setting
can not be changed while the cluster runs. Then one host after the other starts with it, standby first. When one does
not become well with it, all go back to the file of before. Exit code: 0 done (or nothing to do), 1 refused or taken back.

Examples:
  dialtone apply cluster.new.yaml --dry-run
  dialtone apply cluster.new.yaml`,
    )
    .action(async (file: string, options: Options, command: Command) => {
      const place = deskOf(options, command);
      const { desk, print, json } = place;
      const plan = await planApply(desk, file, options.force);
      const { text: _text, ...told } = plan;
      if (plan.diff.split("\n").length <= 3 && plan.changes.length === 0) {
        print("nothing to do: this is the file in force", { ...told, changed: false });
        return;
      }
      await carryOut(place, options, {
        text: applyText(plan),
        told,
        what: `configuration ${plan.digest}`,
        run: (signal) => apply(desk, plan, { force: options.force, quiet: json, signal }),
      });
    });
}

/** `dialtone upgrade | apply | change` */
export function registerChange(program: Command): void {
  registerUpgrade(program);
  registerApply(program);
  const group = program.command("change").description("the end of a change that was interrupted");
  withPlace(group.command("confirm"))
    .description("what is on trial stays, on all hosts")
    .action(async (options: Where, command: Command) => {
      const { desk, print } = deskOf(options, command);
      const hosts = await confirmAll(desk);
      print(hosts.length > 0 ? `stays on ${hosts.join(", ")}` : "nothing is on trial", { hosts });
    });
  withPlace(group.command("back"))
    .description(
      "go back to the release and the cluster.yaml of before, on all hosts where they are on trial",
    )
    .option("--force", "although the cluster is not safe to work on", false)
    .action(async (options: Where & { force: boolean }, command: Command) => {
      const { desk, print, json } = deskOf(options, command);
      const result = await interruptible((signal) =>
        backAll(desk, { force: options.force, quiet: json, signal }),
      );
      print(result.done.length > 0 ? doneText("back", result) : "nothing is on trial", result);
    });
}
