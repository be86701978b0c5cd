import { strict as assert } from "node:assert";
import { header } from "../ua.ts";
import { kinds, rejected, type Scenario, toUri } from "../world.ts";

/** What a decision says of a call beside where it goes: notes for reports, who wants to know, where to call instead. */
export const status: Record<string, Scenario> = {
  "tags of a decision are in the call's events, and ringing is told where somebody wants it, once": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 180, 180, 200);
    const caller = await world.ua("198.18.77.50");
    const tags = { team: "sales / more", queue: "2" };
    const decision = { ...toUri("sip:1@198.18.77.51:5070"), tags };
    world.decides(() => ({ ...decision, tell_ringing: true }));
    const called = await world.call(caller, "5");
    await world.hangUp(caller, called);
    const events = await world.server.waitEvents(called.callId, ["start", "ring", "answer", "end"]);
    assert.equal(kinds(events), "answer end ring start");
    for (const event of events.filter(({ kind }) => kind === "ring" || kind === "answer")) {
      assert.deepEqual(event.tags, tags);
      assert.equal(event.rule, "test");
    }
    // In Record-Route, which makes every message longer, there are none.
    assert.equal(events.find(({ kind }) => kind === "end")?.rule, "test");
    assert.doesNotMatch(called.answer.text, /queue/);
    world.decides(() => decision);
    const quiet = await world.call(caller, "5");
    await world.hangUp(caller, quiet);
    assert.equal(
      kinds(await world.server.waitEvents(quiet.callId, ["start", "answer", "end"])),
      "answer end start",
    );
  },

  "a decision redirects: 302 with every Contact (RFC 3261 21.3.3); other refusals have none": async (
    world,
  ) => {
    const caller = await world.ua("198.18.77.50");
    const contacts = ["sip:+4930@gw.example;transport=tcp", "tel:+4940"];
    world.decides(() => ({ ...rejected(302, "Moved Temporarily"), contacts, tags: { why: "moved" } }));
    const { answer, callId } = await world.call(caller, "5");
    assert.equal(answer.code, 302);
    assert.equal(header(answer, "Contact"), contacts.map((uri) => `<${uri}>`).join(", "));
    const events = await world.server.waitEvents(callId, ["start", "fail"]);
    assert.deepEqual(events.find(({ kind }) => kind === "fail")?.tags, { why: "moved" });
    world.decides(() => rejected(486, "Busy"));
    const refused = await world.call(caller, "6");
    assert.equal(refused.answer.code, 486);
    assert.equal(header(refused.answer, "Contact"), "");
  },
};
