import type { Command } from "commander";
import { standIns } from "../cluster/schema.ts";
import { hostMeant } from "../explain/host-meant.ts";
import { type Lab, type Moment, openLab } from "../lab/lab.ts";

/** What the commands of a lab share. */

interface Context {
  lab: Lab;
  json: boolean;
  print(text: string, data: unknown): void;
}

/** What every lab command needs from the options before it. */
export function contextOf(command: Command): Context {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error("a lab needs Linux and root, for network namespaces: run it with sudo");
  const options = command.optsWithGlobals<{ lab: string; json?: boolean }>();
  return {
    lab: openLab(options.lab),
    json: options.json ?? false,
    print: (text, data) => process.stdout.write(options.json ? `${JSON.stringify(data)}\n` : `${text}\n`),
  };
}

/** The host of a lab that a word means: a name, `holder`, `standby`. @throws Error when nobody fits. */
export async function hostOf(lab: Lab, word: string): Promise<string> {
  if (!standIns.some((standIn) => standIn === word)) return word;
  return hostMeant(
    word,
    (await lab.status()).hosts.flatMap(({ agent }) => agent ?? []),
  );
}

/** For the help of commands that take a host. */
export const hostsHelp =
  "Hosts: a, b, w, outside; holder and standby are whoever has and has not the service address.";

export const momentText = (moment: Moment): string =>
  `at ${new Date(moment.wall_ms).toISOString()} (monotonic ${moment.mono_ms.toFixed(3)} ms, within ${moment.within_ms} ms)`;
