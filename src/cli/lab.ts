import { type Command, InvalidArgumentError } from "commander";
import { parse } from "yaml";
import { describeDiagnosis } from "../explain/problems.ts";
import { diagnoseLab } from "../lab/diagnosis.ts";
import { defaultLab, defaultSubnet } from "../lab/names.ts";
import { describeHosts } from "../lab/text.ts";
import { waitForGreen } from "../lab/wait.ts";
import { contextOf, hostOf, hostsHelp, momentText } from "./lab-context.ts";
import { registerMachineFaults } from "./lab-machines.ts";
import { addTimeline } from "./timeline.ts";

/** `dialtone lab …`: a whole cluster on this machine. A thin shell around src/lab. */

const percent = (value: string): number => {
  const loss = Number(value);
  if (!Number.isInteger(loss) || loss < 1 || loss > 100)
    throw new InvalidArgumentError("a whole number from 1 to 100");
  return loss;
};

const seconds = (value: string): number => {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError("a number of seconds");
  return number;
};

/** `policy=cold-passive`: a path into cluster.yaml and its value, read as YAML. */
const setting = (text: string, before: Record<string, unknown> = {}): Record<string, unknown> => {
  const [path = "", ...rest] = text.split("=");
  if (!/^[a-z0-9_]+(\.[a-z0-9_-]+)*$/.test(path) || rest.length === 0)
    throw new InvalidArgumentError("a setting of cluster.yaml, such as policy=cold-passive");
  return { ...before, [path]: parse(rest.join("=")) };
};

function registerFaults(group: Command): void {
  group
    .command("kill <host> [part]")
    .description(
      "power cut of a host: cable out, then every process killed; with a part: SIGKILL of that part",
    )
    .option(
      "--lose-unsynced",
      "the host loses what it had in memory alone, such as call events that no disk had yet",
    )
    .option("--stay-dead", "nothing restarts the agent until heal (only for the part 'agent')")
    .addHelpText(
      "after",
      `
${hostsHelp}
Parts: mariadb, garbd, redis, rtpengine, kamailio, haproxy, keepalived, app, agent; they are restarted, a host needs 'heal'.
The time that is printed is the moment just before the cable went out (or the signal went off).
Unlike a real power cut this one loses nothing that the operating system had not yet written to the disk, unless
--lose-unsynced says so: then the journal ends where it was last known to be synced.`,
    )
    .action(
      async (
        word: string,
        part: string | undefined,
        options: { stayDead?: boolean; loseUnsynced?: boolean },
        command: Command,
      ) => {
        const { lab, print } = contextOf(command);
        const host = await hostOf(lab, word);
        const moment = await lab.kill(host, part, {
          stayDead: options.stayDead ?? false,
          unsynced: options.loseUnsynced ?? false,
        });
        print(`killed ${part === undefined ? host : `${part} on ${host}`} ${momentText(moment)}`, {
          host,
          part: part ?? null,
          ...moment,
        });
      },
    );
  group
    .command("pause <host> [part]")
    .description("SIGSTOP of a part, or of all processes of a host: it lives and answers nothing")
    .option("--seconds <n>", "let it go on after so long (otherwise: heal)", seconds)
    .action(
      async (word: string, part: string | undefined, options: { seconds?: number }, command: Command) => {
        const { lab, print } = contextOf(command);
        const host = await hostOf(lab, word);
        const moment = await lab.pause(host, part);
        if (options.seconds !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, 1000 * (options.seconds ?? 0)));
          await lab.resume(host, part);
        }
        print(`paused ${part ?? "everything"} on ${host} ${momentText(moment)}`, { host, part, ...moment });
      },
    );
  group
    .command("cut <from> [to]")
    .description("drop all frames between two hosts; without the second: between a host and everyone")
    .option("--one-way", "only frames from the first to the second")
    .option("--loss <percent>", "lose only so many of them, at random", percent, 100)
    .addHelpText("after", `\n${hostsHelp} And machine: this one. Undone by 'heal'.`)
    .action(
      async (
        one: string,
        other: string | undefined,
        options: { oneWay?: boolean; loss: number },
        command: Command,
      ) => {
        const { lab, print } = contextOf(command);
        const from = await hostOf(lab, one);
        const to = other === undefined ? undefined : await hostOf(lab, other);
        const moment = await lab.cut(from, to, { oneWay: options.oneWay ?? false, loss: options.loss });
        print(`cut ${from} from ${to ?? "everyone"} ${momentText(moment)}`, {
          from,
          to: to ?? "*",
          ...moment,
        });
      },
    );
  registerMachineFaults(group);
  group
    .command("heal [host]")
    .description("power, cables and paused parts of a host, or of all, as they were")
    .option("--wait <seconds>", "wait so long for everything to be green again", seconds)
    .action(async (word: string | undefined, options: { wait?: number }, command: Command) => {
      const { lab, print } = contextOf(command);
      const host = word === undefined ? undefined : await hostOf(lab, word);
      const began = performance.now();
      await lab.heal(host);
      if (options.wait !== undefined) await waitForGreen(lab, 1000 * options.wait);
      const after = Math.round(performance.now() - began);
      const green = options.wait === undefined ? "" : `, all green after ${(after / 1000).toFixed(1)} s`;
      print(`healed ${host ?? "everything"}${green}`, { healed: host ?? "*", after_ms: after });
    });
}

/** `dialtone lab …` */
export function registerLab(program: Command): void {
  const group = program
    .command("lab")
    .description(
      "a whole cluster on this machine: hosts a, b, w (witness) and outside, as network namespaces",
    )
    .option("--lab <name>", "which lab", defaultLab);

  group
    .command("up")
    .description("start it and show it live; Ctrl-C takes it down again (data is kept)")
    .option("--detach", "leave it running in the background", false)
    .option("--isolated", "without an address on this machine: all traffic stays inside", false)
    .option("--subnet <a.b.c.0/24>", `addresses of the lab (default: ${defaultSubnet})`)
    .option("--fresh", "delete the lab's data first", false)
    .option("--set <setting=value>", "change the lab's cluster.yaml first; may be repeated", setting)
    .option("--no-demo", "without demonstration users, telephones and first call")
    .addHelpText(
      "after",
      `
Examples:
  dialtone lab up                     start, show, Ctrl-C to end
  dialtone lab up --detach            start and leave running
  dialtone lab up --fresh --set policy=cold-passive   another takeover policy
  dialtone lab kill holder            power cut of the active node; 'dialtone lab heal' switches it on again
  dialtone lab cut a b                a and b lose sight of each other
  dialtone lab exec outside -- ping -c 1 198.18.77.100`,
    )
    .action(
      async (
        options: {
          detach: boolean;
          isolated: boolean;
          subnet?: string;
          fresh: boolean;
          demo: boolean;
          set?: Record<string, unknown>;
        },
        command: Command,
      ) => {
        const { lab, json } = contextOf(command);
        const { set: settings = {}, ...how } = options;
        const { runLab } = await import("../lab/foreground.ts");
        const result = await runLab(lab, { ...how, settings, quiet: json, deadlineMs: 150_000 });
        if (json) process.stdout.write(`${JSON.stringify({ lab: lab.name, ...result })}\n`);
        if (result.problem !== undefined) process.exitCode = 1;
      },
    );

  group
    .command("down")
    .description("stop the hosts in good order and remove everything but the data")
    .option("--wipe", "delete the data too", false)
    .option("--grace <seconds>", "time for an orderly stop", seconds, 30)
    .action(async (options: { wipe: boolean; grace: number }, command: Command) => {
      const { lab, print } = contextOf(command);
      const result = await lab.down({ wipe: options.wipe, graceMs: options.grace * 1000 });
      const killed = result.killed.length > 0 ? `; had to be killed: ${result.killed.join(", ")}` : "";
      print(
        result.wasUp
          ? `lab '${lab.name}' is down${options.wipe ? ", its data deleted" : ""}${killed}`
          : `lab '${lab.name}' was not up${options.wipe ? "; its data is deleted" : ""}`,
        { lab: lab.name, ...result },
      );
    });

  group
    .command("status")
    .description("what is wrong, since when, what it means for callers, what to do; then every host")
    .action(async (_options: unknown, command: Command) => {
      const { lab, print } = contextOf(command);
      const status = await lab.status();
      const diagnosis = diagnoseLab(status);
      print(`${describeDiagnosis(diagnosis)}\n\n${describeHosts(status)}`, {
        ...status,
        summary: diagnosis.headline,
        state: diagnosis.state,
        problems: diagnosis.problems,
      });
      if (!status.running) process.exitCode = 1;
    });

  group
    .command("exec <host> <command...>")
    .description("run a command on a host, e.g. dialtone lab exec outside -- sipsak -s sip:198.18.77.100")
    .action(async (word: string, words: string[], _options: unknown, command: Command) => {
      const { lab } = contextOf(command);
      const host = await hostOf(lab, word);
      process.exitCode = (await lab.exec(host, words, { inherit: true })).code;
    });

  addTimeline(group.command("timeline"));

  registerFaults(group);
}
