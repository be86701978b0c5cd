import { expect, test } from "vitest";
import { agentShape, situationOf } from "../scenarios/agent.ts";
import { observationOf, scenarioShape } from "../scenarios/situation.ts";
import { noPlan } from "./announcements.ts";
import { type Action, decide, type Memory, type Situation } from "./decide.ts";

/** The scenarios of decide() are in scenarios/; here is what it remembers from one tick to the next. */

const { given } = scenarioShape.parse({ name: "all well", verdict: { mayHold: true, light: "green" } });
const situation = situationOf(agentShape.parse({}), observationOf(given), false);

/** Ticks of 50 ms in which the host must not hold the address, and does. `write`: can the track file be written? */
function play(ticks: number, write: (tick: number) => boolean): string[] {
  let memory: Memory = { forbiddenSince: undefined, plan: noPlan };
  let track: Situation["track"] = { fit: true, fails: false };
  const done: string[] = [];
  const act = (action: Action, tick: number) => {
    done.push(`${50 * tick} ${action.do}`);
    if (action.do === "write-track")
      track = write(tick) ? { fit: action.fit, fails: false } : { ...track, fails: true };
  };
  for (let tick = 0; tick < ticks; tick++) {
    const decision = decide({ ...situation, now: 50 * tick, track }, memory);
    memory = decision.memory;
    for (const action of decision.actions) act(action, tick);
  }
  return done;
}

test("a hung keepalived is killed 400 ms after it was told, and again if that did not help", () => {
  expect(play(18, () => true)).toEqual([
    "0 write-track",
    ...["400 kill-part", "400 drop-address"],
    ...["850 kill-part", "850 drop-address"],
  ]);
});

test("one that could not be told is not killed; it is told as soon as that works", () => {
  const done = play(19, (tick) => tick >= 4);
  expect(done.slice(0, 5).every((one) => one.endsWith("write-track"))).toBe(true);
  // 400 ms after the first tick that knew that the file is written.
  expect(done.slice(5)).toEqual(["650 kill-part", "650 drop-address"]);
});
