import { strict as assert } from "node:assert";
import { kamailioFacts } from "../../../src/components/kamailio/rpc.ts";
import { quick, type Scenario, toUri } from "../world.ts";

/** Somebody else decides, by the app: a script, a web application of the customer's own. */
export const others: Record<string, Scenario> = {
  "a decision that takes 2.5 s is waited for; no app is taken for dead, and other calls do not wait": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    world.own.late = 2500;
    const slow = world.call(caller, "5");
    const other = await world.ua("198.18.77.54");
    // Its question is a moment later, and is answered at once.
    await new Promise((resolve) => setTimeout(resolve, 400));
    world.own.late = undefined;
    await quick(() => world.call(other, "6"));
    world.own.late = 2500;
    const { answer, ms, callId } = await slow;
    assert.equal(answer.code, 200);
    assert.ok(ms >= 2000, `it took ${ms} ms`);
    const all = await world.server.waitEvents(callId, ["start", "answer"]);
    assert.equal(all.find((event) => event.kind === "answer")?.decided_by, "own");
    const facts = await kamailioFacts(world.server.context, AbortSignal.timeout(2000));
    assert.deepEqual(facts.closedTo, []);
  },

  "whoever is asked by the app never decides: 503 after the patience, with a record": async (world) => {
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    world.own.late = 20_000;
    const { answer, callId } = await world.call(caller, "5", { ms: 8000 });
    assert.equal(answer.code, 503);
    await world.server.waitEvents(callId, ["start", "fail"]);
    const facts = await kamailioFacts(world.server.context, AbortSignal.timeout(2000));
    assert.deepEqual(facts.closedTo, []);
  },

  "the app asks back who is registered, and gets the same question again with that; so does the peer's":
    async (world) => {
      const there = await world.phone("198.18.77.51", 5070, 200);
      assert.equal((await world.register(there, "101", "pw-101")).code, 200);
      const caller = await world.ua("198.18.77.50");
      world.decides((question) => (question.registered ? toUri("sip:1@198.18.77.51:5070") : "need|101,102"));
      for (const app of [world.own, world.peer]) {
        const before = app.questions.length;
        const call = await world.call(caller, "5");
        assert.equal(call.answer.code, 200);
        const [first, second, ...more] = app.questions.slice(before);
        assert.deepEqual(more, []);
        assert.deepEqual(second, { ...first, registered: { "101": true, "102": false } });
        await world.hangUp(caller, call);
        const facts = await kamailioFacts(world.server.context, AbortSignal.timeout(2000));
        assert.deepEqual(facts.closedTo, app === world.own ? [] : ["own"]);
        world.own.hung = true;
      }
      assert.deepEqual([...world.own.faults, ...world.peer.faults], []);
    },
};
