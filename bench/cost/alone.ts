import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { startPhone } from "../../src/callers/phone.ts";
import type { Prober } from "../../src/callers/prober.ts";
import { inNamespace } from "../../src/callers/sipp.ts";
import { startProber } from "../../src/drills/prober.ts";

/** One Kamailio in a network namespace of its own, without a cluster, and somebody who calls it. */

const addresses = ["100", "101", "11", "12", "13", "50", "51"];
const phone = { address: "198.18.77.50", port: 5094 };

export interface Alone {
  /** Kamailio's main process. */
  pid: number;
  /** Begins to call. */
  call(): Promise<Prober>;
}

interface Setup {
  /** Of this run: names its files. */
  index: number;
  directory: string;
  /** Calls a second. */
  rate: number;
  /** What the decision says of audio: relay or direct. */
  media: string;
  /** More of the environment that Kamailio is started in. */
  env?: Record<string, string>;
}

/**
 * Starts the Kamailio of a checkout, with an app and a media relay that are not real (serve.ts).
 * @param endings what is to be undone, in the other order
 * @throws Error when it does not start
 */
export async function alone(
  checkout: string,
  { index, directory, rate, media, env }: Setup,
  endings: AsyncDisposableStack,
): Promise<Alone> {
  const namespace = `dt-cost-${process.pid}-${index}`;
  await execa("ip", ["netns", "add", namespace]);
  endings.defer(async () => void (await execa("ip", ["netns", "delete", namespace], { reject: false })));
  await execa("ip", ["-n", namespace, "link", "set", "lo", "up"]);
  for (const last of addresses)
    await execa("ip", ["-n", namespace, "address", "add", `198.18.77.${last}/32`, "dev", "lo"]);
  const serve = fileURLToPath(new URL("./serve.ts", import.meta.url));
  const argv = [serve, checkout, `sip:1@${phone.address}:${phone.port}`, media];
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, ...argv], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit");
  endings.defer(async () => {
    child.stdin.end();
    await ended;
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(() => ["0"]),
  ])) as [string];
  if (line === "0") throw new Error(`the SIP server of ${checkout} does not start: see above`);
  const setup = { place: inNamespace(namespace, phone.address), directory, name: `phone${index}` };
  endings.use(await startPhone({ ...setup, port: phone.port }));
  const place = inNamespace(namespace, "198.18.77.51");
  const call = async () => {
    const prober = await startProber({
      ...{ place, directory: `${directory}/${index}`, service: "198.18.77.100:5060" },
      ...{ from: "0445550101", to: "99745", rate, patienceMs: 4000 },
    });
    endings.use(prober);
    return prober;
  };
  return { pid: Number(line), call };
}
