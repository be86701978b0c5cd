import { execa, execaSync } from "execa";

/** Thin wrappers of iproute2 and nftables. Errors carry the command and its own message. */

async function run(command: string, args: string[], input = ""): Promise<string> {
  const result = await execa(command, args, { input, reject: false, timeout: 30_000 });
  if (result.failed)
    throw new Error(
      `${[command, ...args].join(" ")}: ${result.stderr.trim() || result.shortMessage || `exit ${result.exitCode}`}`,
    );
  return result.stdout;
}

export const ip = (...args: string[]): Promise<string> => run("ip", args);

/** Several ip commands at once inside a namespace. */
export const ipBatch = (namespace: string, lines: string[]): Promise<string> =>
  run("ip", ["-n", namespace, "-batch", "-"], `${lines.join("\n")}\n`);

/** Runs a command inside a namespace. */
export const inNamespace = (namespace: string, command: string[], input = ""): Promise<string> =>
  run("ip", ["netns", "exec", namespace, ...command], input);

/** A command that causes a fault: synchronous, for its moment to be known well. */
export function runNow(command: string, args: string[], input = ""): void {
  const result = execaSync(command, args, { input, reject: false, timeout: 30_000 });
  if (result.failed) throw new Error(`${[command, ...args].join(" ")}: ${result.stderr.trim()}`);
}
