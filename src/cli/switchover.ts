import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { switchOver } from "../client/switchover.ts";
import { defaultData, hostDirs, runFiles } from "../cluster/facts.ts";
import { agentSocketOf } from "../lab/agents.ts";
import { openLab } from "../lab/lab.ts";
import { type LightCode, lightCodes } from "../report/light.ts";

/** One more code of a reason. @throws InvalidArgumentError when there is none such */
function codes(value: string, before: LightCode[]): LightCode[] {
  const code = lightCodes.find((known) => known === value);
  if (!code) throw new InvalidArgumentError(`Known reasons: ${lightCodes.join(", ")}.`);
  return [...before, code];
}

/** In a lab: the agent of the node that holds the address. */
async function holderIn(lab: string): Promise<string> {
  const { hosts } = await openLab(lab).status();
  const holder = hosts.find((host) => host.agent?.holds);
  const data = holder && openLab(lab).state().hosts[holder.name]?.data;
  if (!data) throw new Error(`nobody holds the service address of lab '${lab}'`);
  return agentSocketOf(data);
}

/** `dialtone switchover` */
export function registerSwitchover(program: Command): void {
  program
    .command("switchover")
    .description("hand the service address over to the other node, by plan: calls go on")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--lab <name>", "in this lab, from whichever node holds it")
    .option("--force", "also when the other node lacks something that calls can do without", false)
    .option("--accept <code>", "let this reason pass, e.g. not-drilled; may be repeated", codes, [])
    .addHelpText(
      "after",
      `
Run it on the node that holds the service address, for instance before you update or reboot it. Refused while the
other node's light is not green ('dialtone status'): the reasons say what would be lost. The other node takes the address before this one lets go of it, so that calls
notice nothing. Exit code: 0 done, 1 refused or failed.

Example:
  dialtone switchover --accept not-drilled`,
    )
    .action(
      async (
        options: { data: string; lab?: string; force: boolean; accept: LightCode[] },
        command: Command,
      ) => {
        const socket =
          options.lab === undefined
            ? runFiles(hostDirs(resolve(options.data))).agentSocket
            : await holderIn(options.lab);
        const result = await switchOver(socket, options.force, options.accept);
        process.stdout.write(
          command.optsWithGlobals<{ json?: boolean }>().json
            ? `${JSON.stringify(result)}\n`
            : `${result.to} holds the service address, after ${result.ms} ms\n`,
        );
      },
    );
}
