import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/index.ts";
import { World } from "./world.ts";

/**
 * Runs scenarios in the network namespace that it is started in. For each one line of JSON {begun: name}, and at its end
 * {name, ms, error?}.
 * Arguments: parts of the names of those to run; none: all. `--share 0/2`: of these every second, from the first.
 */

/** The longest takes about 6 s, and three times that on a machine that is busy with other things. */
const deadlineMs = 40_000;
const tooLong = async (): Promise<never> => {
  await delay(deadlineMs, undefined, { ref: false });
  throw new Error(`the scenario did not come to its end within ${deadlineMs / 1000} s`);
};

const { values, positionals: wanted } = parseArgs({
  options: { share: { type: "string", default: "0/1" } },
  allowPositionals: true,
});
const [share = 0, shares = 1] = values.share.split("/").map(Number);
const chosen = Object.entries(scenarios)
  .filter(([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .filter((_, index) => index % shares === share);
/** Once; who has IPv6 in a scenario has it on loopback as the rest. */
let six = false;
function addIpv6(): void {
  if (six) return;
  writeFileSync("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0");
  for (const host of ["100", "14", "50", "51", "52"])
    execFileSync("ip", ["address", "replace", `fd00:77::${host}/128`, "dev", "lo", "nodad"]);
  six = true;
}

for (const [name, { sip, media, address6, edge6, run }] of chosen) {
  process.stdout.write(`${JSON.stringify({ begun: name })}\n`);
  const begun = performance.now();
  let error: string | undefined;
  let log = "";
  try {
    if (address6 !== undefined) addIpv6();
    await using world = await World.begin(sip, media, address6, edge6);
    try {
      await Promise.race([run(world), tooLong()]);
      const faults = [...world.own.faults, ...world.peer.faults];
      if (faults.length > 0) throw new Error(`against the contract: ${faults.join("; ")}`);
    } catch (problem) {
      error = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
      log = world.server.log().slice(-3000);
    }
  } catch (problem) {
    error = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  }
  const result = {
    name,
    ms: Math.round(performance.now() - begun),
    ...(error === undefined ? {} : { error, log }),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
