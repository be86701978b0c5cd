import { setTimeout as delay } from "node:timers/promises";
import { scenarios } from "./scenarios/index.ts";
import { World } from "./world.ts";

/**
 * Runs scenarios in the network namespace that it is started in. For each one line of JSON {begun: name}, and at its end
 * {name, ms, error?}.
 * Arguments: parts of the names of those to run; none: all.
 */

/** The longest takes about 6 s, and three times that on a machine that is busy with other things. */
const deadlineMs = 40_000;
const tooLong = async (): Promise<never> => {
  await delay(deadlineMs, undefined, { ref: false });
  throw new Error(`the scenario did not come to its end within ${deadlineMs / 1000} s`);
};

const wanted = process.argv.slice(2);
for (const [name, { sip, media, run }] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  process.stdout.write(`${JSON.stringify({ begun: name })}\n`);
  const begun = performance.now();
  let error: string | undefined;
  let log = "";
  try {
    await using world = await World.begin(sip, media);
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
