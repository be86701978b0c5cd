import { strict as assert } from "node:assert";
import { canonicalNumber } from "../../../src/call/number.ts";
import { invite, service } from "../call.ts";
import { header } from "../ua.ts";
import { rejected, rememberFor, type Scenario, toUri, until } from "../world.ts";

const S = service.address;

/** The same number, as it is dialled; the last ones mean others. */
const spellings = [
  `sip:+49770001@${S}`,
  `sip:%2b49770001@${S}`,
  `SIP:+%349770001@${S}`,
  `sip:+49-77-00.01@${S};user=phone`,
  `sip:+49%20(77)0001@${S}`,
  `sip:+49770001;phone-context=example.org@${S};user=phone`,
  `sip:+49770001;npdi;rn=+4910000@${S};user=phone`,
  `sip:+49770001:x@${S}`,
  "tel:+49770001",
  "TEL:+49-77-0001;phone-context=example.org",
];
const others = [`sip:+4977000@${S}`, `sip:%252B49770001@${S}`, `sip:+49770001%23@${S}`];

/** How numbers are dialled: RFC 3261 19.1, RFC 3966. */
export const numbers: Record<string, Scenario> = {
  "one number in many spellings reaches one target, and is remembered as one while no app answers": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(({ number, request_uri }) =>
      canonicalNumber(String(number), String(request_uri)) === "+49770001"
        ? { ...toUri("sip:1@198.18.77.51:5070"), ...rememberFor("anyone") }
        : rejected(404),
    );
    for (const uri of spellings) {
      const called = await world.call(caller, "", { uri });
      assert.equal(called.answer.code, 200, `${uri}: ${called.answer.first}`);
      const question = world.own.questions.at(-1);
      assert.equal(question?.request_uri, uri);
      for (const text of Object.values({ ...(question?.from as object), ...(question?.to as object) }))
        assert.doesNotMatch(String(text), /<null>/, uri);
      const [start] = await world.server.waitEvents(called.callId, ["start"]);
      assert.equal(start?.to, uri);
      await world.hangUp(caller, called);
    }
    for (const uri of others) assert.equal((await world.call(caller, "", { uri })).answer.code, 404, uri);
    world.own.stop();
    world.peer.stop();
    await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
    for (const uri of spellings) {
      const called = await world.call(caller, "", { uri });
      assert.equal(called.answer.code, 200, `${uri} from memory: ${called.answer.first}`);
    }
    for (const uri of others) assert.equal((await world.call(caller, "", { uri })).answer.code, 503, uri);
  },

  "a call from a tel URI (RFC 3966), to one": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const made = invite(caller, "", { uri: "tel:+49770001", from: "<tel:+49-77-2>" });
    caller.send(made.text, service);
    await caller.wait("200", (m) => m.code === 200);
    const question = world.own.questions.at(-1) as { from: unknown; to: unknown; number: unknown };
    assert.deepEqual(question.from, { user: "+49-77-2", domain: "" });
    assert.deepEqual(question.to, { user: "+49770001", domain: "" });
    const got = await callee.wait("the INVITE", (m) => m.method === "INVITE");
    assert.match(header(got, "From"), /^<tel:\+49-77-2>/);
  },
};
