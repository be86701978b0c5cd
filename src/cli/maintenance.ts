import type { Command } from "commander";
import { leftWithout } from "../change/foresee.ts";
import { restartAll } from "../change/restart.ts";
import type { ClusterView } from "../change/safety.ts";
import { openDesk } from "../client/desk.ts";
import { defaultData } from "../cluster/facts.ts";
import { hostMeant } from "../explain/host-meant.ts";
import { contactMs } from "../report/news.ts";
import { setDrained } from "./farm-drain.ts";
import { interruptible } from "./interruptible.ts";

/** `dialtone drain | undrain | restart`: hosts out of service and back, calls go on. */

export interface Where {
  data: string;
  lab?: string;
}

interface Global {
  config?: string;
  json?: boolean;
}

/** Options of every command that changes a cluster from one of its hosts. */
export const withPlace = (command: Command): Command =>
  command
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--lab <name>", "in this lab");

/** The desk that the options mean, and how to print. */
export function deskOf(options: Where, command: Command) {
  const { config, json } = command.optsWithGlobals<Global>();
  const desk = openDesk({ ...options, ...(config === undefined ? {} : { config }) });
  const print = (text: string, data: unknown) =>
    void process.stdout.write(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
  return { desk, print, json: json ?? false };
}

/** Whom a word means: a name, `holder`, `standby`. @throws Error when nobody fits. */
export const hostIn = ({ entries }: ClusterView, word: string): string =>
  hostMeant(
    word,
    entries.filter(({ ageMs }) => ageMs <= contactMs).map(({ report }) => report),
  );

/** A FreeSWITCH host of this name, as the holder of the service address knows it. */
const freeswitchIn = ({ entries }: ClusterView, name: string) =>
  entries.flatMap(({ report }) => report.freeswitch ?? []).find(({ host }) => host === name);

/** Farms know of a FreeSWITCH host's service, no agent does. */
async function drainFreeswitch(
  command: Command,
  seen: NonNullable<ReturnType<typeof freeswitchIn>>,
  drained: boolean,
  force: boolean,
): Promise<{ text: string; data: object }> {
  const { host, address, port } = seen;
  const farms = await setDrained(command, { name: host, address, port }, drained, force);
  const text =
    farms.length === 0
      ? `${host}: nothing to change: no farm has ${address}:${port}${drained ? ", or it is out of service already" : " out of service"}`
      : drained
        ? `${host} gets no new calls by farm ${farms.join(", ")}; those in progress go on`
        : `${host} gets calls by farm ${farms.join(", ")} again`;
  return { text, data: { node: host, drained, farms } };
}

function registerDrain(program: Command): void {
  withPlace(program.command("drain <node>"))
    .description("take a node out of service: it hands over, and takes no new work until undrain")
    .option("--why <text>", "for those who read the status", "")
    .option("--force", "hand over although the other node lacks something", false)
    .addHelpText(
      "after",
      `
The node keeps running and its data stays current; it only may not hold the service address, also not after a restart
of its agent or a reboot. While it is out, nobody takes over when the other node fails.
Exit code: 0 done, 1 refused or failed.

NODE is a name, or 'standby', or 'holder' (of the service address). A FreeSWITCH host: it gets no new calls by the farms that it is in.

Examples:
  dialtone drain standby --why "new disks"
  dialtone undrain b`,
    )
    .action(async (word: string, options: Where & { why: string; force: boolean }, command: Command) => {
      const { desk, print } = deskOf(options, command);
      const view = await desk.view();
      const freeswitch = freeswitchIn(view, word);
      if (freeswitch) {
        const { text, data } = await drainFreeswitch(command, freeswitch, true, options.force);
        print(text, data);
        return;
      }
      const node = hostIn(view, word);
      const report = view.entries.find((entry) => entry.report.host === node)?.report;
      if (report && report.role !== "node")
        throw new Error(`${node} is no node but has the role ${report.role}: there is no work to drain`);
      const done = await desk.order(node, { kind: "drain", why: options.why, force: options.force });
      const { others, text } = leftWithout(view, node);
      print(`${node} ${done.text}${text === "" ? "" : `; ${text}`}`, { node, drained: true, others });
    });
  withPlace(program.command("undrain <node>"))
    .description("put a node back into service; the service address stays where it is")
    .addHelpText("after", "\nExample:\n  dialtone undrain b")
    .action(async (word: string, options: Where, command: Command) => {
      const { desk, print } = deskOf(options, command);
      const view = await desk.view();
      const freeswitch = freeswitchIn(view, word);
      if (freeswitch) {
        const { text, data } = await drainFreeswitch(command, freeswitch, false, true);
        print(text, data);
        return;
      }
      const node = hostIn(view, word);
      const done = await desk.order(node, { kind: "undrain" });
      print(`${node} ${done.text}`, { node, drained: false });
    });
}

function registerRestart(program: Command): void {
  withPlace(program.command("restart"))
    .description("restart hosts one after the other, standby first; calls go on")
    .requiredOption("--rolling", "all hosts, one after the other")
    .option("--agent-only", "only the agents; their parts go on", false)
    .option("--force", "although the cluster is not safe to work on", false)
    .addHelpText(
      "after",
      `
For instance after an update of Debian's packages. Each host must be green, its database synchronous and its calls and
registrations replicated again before the next one is touched; the service address is handed over before its holder.
Refused when the cluster is not safe (exit code 1, with the reasons). When a step fails it stops and says where it
stands; run it again when the reason is cured.

Example:
  dialtone restart --rolling`,
    )
    .action(async (options: Where & { agentOnly: boolean; force: boolean }, command: Command) => {
      const { desk, print, json } = deskOf(options, command);
      const result = await interruptible((signal) =>
        restartAll(desk, { parts: !options.agentOnly, force: options.force, quiet: json, signal }),
      );
      print(
        `restarted: ${result.done.join(", ")} in ${result.seconds} s; ${result.holder} holds the service address`,
        result,
      );
    });
}

/** `dialtone drain | undrain | restart` */
export function registerMaintenance(program: Command): void {
  registerDrain(program);
  registerRestart(program);
}
