import { execa } from "execa";
import type { HostContext } from "../cluster/facts.ts";
import type { Cluster } from "../cluster/schema.ts";

/**
 * Fence devices by their standard programs: options as `name=value` lines on stdin, so that no password is on a command
 * line. https://github.com/ClusterLabs/fence-agents/blob/main/doc/FenceAgentAPI.md
 */

export type FenceDevice = NonNullable<Cluster["fencing"]>["devices"][string][number];

/** The devices of a host, with what cluster.secrets.yaml adds to their options. */
export const devicesOf = ({ cluster, secrets }: HostContext, host: string): FenceDevice[] =>
  (cluster.fencing?.devices[host] ?? []).map((device) => ({
    ...device,
    options: { ...device.options, ...secrets.fencing?.[host] },
  }));

/** The text for a fence program's stdin. Pure. */
export const fenceInput = (device: FenceDevice, action: string): string =>
  `${[...Object.entries(device.options), ["action", action]].map(([key, value]) => `${key}=${value}`).join("\n")}\n`;

/**
 * The line of a fence program's output that says what is wrong. The standard ones end with advice about their usage, and
 * begin with warnings of Python (fence-agents 4.12). Pure.
 */
export function whatItSaid(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:,.]+ /, "").trim())
    .filter((line) => line !== "" && !/use '-h' for usage/.test(line));
  return (lines.findLast((line) => /^(ERROR|CRITICAL)\b/.test(line)) ?? lines.at(-1) ?? "").replace(
    /^\w+: /,
    "",
  );
}

/** Runs one action. `problem`: in one line why it did not succeed; undefined: it did. */
export async function runFence(
  device: FenceDevice,
  action: "off" | "monitor",
  timeoutMs: number,
): Promise<string | undefined> {
  const running = execa(device.agent, [], {
    input: fenceInput(device, action),
    // A group of its own: what the program has started holds its output open, and must end with it.
    detached: true,
    reject: false,
    cwd: "/",
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    try {
      if (running.pid !== undefined) process.kill(-running.pid, "SIGKILL");
    } catch (error) {
      // ended just now
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }, timeoutMs);
  const result = await running;
  clearTimeout(timer);
  if (result.exitCode === 0) return undefined;
  const secrets = Object.values(device.options).map(String);
  const said = whatItSaid(`${result.stderr || result.stdout || result.shortMessage || ""}`);
  // What a device's program says may repeat its options.
  const clean = secrets.reduce(
    (text, secret) => (secret.length > 5 ? text.replaceAll(secret, "…") : text),
    said,
  );
  const how = timedOut ? `no answer within ${timeoutMs / 1000} s` : `exit code ${result.exitCode ?? "none"}`;
  return `${device.agent.split("/").at(-1)} ${action}: ${how}${clean ? `: ${clean.slice(0, 200)}` : ""}`;
}
