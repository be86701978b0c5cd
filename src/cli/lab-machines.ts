import { type Command, InvalidArgumentError } from "commander";
import { contextOf, hostOf, momentText } from "./lab-context.ts";

const wholeNumber = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number)) throw new InvalidArgumentError("a whole number");
  return number;
};

const positive = (value: string): number => {
  const number = wholeNumber(value);
  if (number < 1) throw new InvalidArgumentError("a whole number above 0");
  return number;
};

/** What happens to a computer itself: its clock, its disk, its processors. Undone by 'heal'. */
export function registerMachineFaults(group: Command): void {
  group
    .command("refit <host>")
    .description("stop a host in good order and restart it with a clock or a disk that can be broken")
    .option("--clock", "a wall clock of its own (libfaketime), for 'lab clock'")
    .option("--disk <MiB>", "a small disk of its own (tmpfs), for 'lab fill'; at least 300", positive)
    .option("--image", "with --disk: an ext4 file system in an image, for 'lab hang'")
    .addHelpText(
      "after",
      "\nWithout an option: as it was before. Refit the standby first, and wait for green.",
    )
    .action(
      async (
        word: string,
        options: { clock?: boolean; disk?: number; image?: boolean },
        command: Command,
      ) => {
        const { lab, print } = contextOf(command);
        const host = await hostOf(lab, word);
        await lab.refit(host, {
          ...(options.clock ? { clock: true } : {}),
          ...(options.disk === undefined ? {} : { diskMb: options.disk, image: options.image ?? false }),
        });
        print(`${host} restarts`, { host, ...options });
      },
    );
  group
    .command("clock <host> <seconds>")
    .description("the host's wall clock jumps: so many seconds from the true time (-3600: an hour back)")
    .allowUnknownOption()
    .action(async (word: string, value: string, _options: unknown, command: Command) => {
      const { lab, print } = contextOf(command);
      const host = await hostOf(lab, word);
      const moment = await lab.clock(host, wholeNumber(value));
      print(`the clock of ${host} is ${value} s off ${momentText(moment)}`, { host, ...moment });
    });
  group
    .command("fill <host>")
    .description("fill the host's disk to the last byte")
    .action(async (word: string, _options: unknown, command: Command) => {
      const { lab, print } = contextOf(command);
      const host = await hostOf(lab, word);
      const moment = await lab.fillDisk(host);
      print(`the disk of ${host} is full ${momentText(moment)}`, { host, ...moment });
    });
  group
    .command("hang <host>")
    .description("the host's disk does not answer, until 'heal' (90 s at most)")
    .action(async (word: string, _options: unknown, command: Command) => {
      const { lab, print } = contextOf(command);
      const host = await hostOf(lab, word);
      const moment = await lab.hangDisk(host);
      print(`the disk of ${host} does not answer ${momentText(moment)}`, { host, ...moment });
    });
  group
    .command("load <host>")
    .description("busy loops on the host; all hosts of a lab share this machine's processors")
    .option("--loops <n>", "how many", positive, 4)
    .action(async (word: string, options: { loops: number }, command: Command) => {
      const { lab, print } = contextOf(command);
      const host = await hostOf(lab, word);
      const moment = await lab.busy(host, options.loops);
      print(`${options.loops} busy loops run on ${host} ${momentText(moment)}`, { host, ...moment });
    });
}
