import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { sipLoad } from "../../../src/components/kamailio/load.ts";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { invite, service } from "../call.ts";
import { header, type Ua } from "../ua.ts";
import { kinds, type Scenario, toUri, until, type World } from "../world.ts";

const soon = () => AbortSignal.timeout(2000);

const limitTo = (world: World, callsPerSecond: number) =>
  kamailioRpc(world.server.context, "htable.seti", ["load", "limit", callsPerSecond], soon());

/** New calls to one number, all at once. @returns their Call-IDs */
function flood(ua: Ua, number: string, count: number): string[] {
  return Array.from({ length: count }, () => {
    const call = invite(ua, number);
    ua.send(call.text, service);
    return call.callId;
  });
}

const finals = (ua: Ua, ids: string[]) => {
  const wanted = new Set(ids);
  return ua.seen.filter((m) => m.code >= 200 && wanted.has(header(m, "Call-ID")));
};

/** More calls than the node can carry. */
export const overload: Record<string, Scenario> = {
  "over the limit: 503 with Retry-After and no journal; emergency calls and calls that exist go on": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const before = await world.call(caller, "5");
    assert.equal(before.answer.code, 200);
    const asked = world.own.asked;
    await limitTo(world, 10);
    const ids = flood(caller, "5", 60);
    const emergency = await world.call(caller, "112");
    assert.equal(emergency.answer.code, 200);
    // RFC 3966 5.1.5, RFC 3261 19.1.4: the same number.
    for (const number of ["112;phone-context=example.org", "11%32"])
      assert.equal((await world.call(caller, number)).answer.code, 200, number);
    await until("all are answered", () => finals(caller, ids).length >= ids.length);
    const refused = finals(caller, ids).filter((m) => m.code === 503);
    assert.ok(refused.length >= 40, `${refused.length} of 60 were refused`);
    assert.ok(world.own.asked - asked <= 21, `the app was asked ${world.own.asked - asked} times`);
    for (const answer of refused) {
      assert.equal(header(answer, "Retry-After"), "3");
      assert.equal(kinds(world.server.events(header(answer, "Call-ID"))), "");
    }
    assert.equal((await world.hangUp(caller, before)).code, 200);
    assert.ok((await sipLoad(soon())).refused >= refused.length);
    await until("nothing is refused any more", async () => (await sipLoad(soon())).limit === 0);
    assert.equal((await world.call(caller, "5")).answer.code, 200);
  },

  "over the limit: registrations that refresh go on, one source does not take all of it": async (world) => {
    const phone = await world.phone("198.18.77.51", 5070, 200);
    const [one, other] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
    await limitTo(world, 100);
    const ids: string[] = [];
    const others: string[] = [];
    for (let i = 0; i < 10; i++) {
      ids.push(...flood(one, "5", 30));
      others.push(...flood(other, "5", 2));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
    await until("all are answered", () => finals(other, others).length >= others.length);
    const taken = finals(other, others).filter((m) => m.code === 200).length;
    assert.ok(taken >= 5, `${taken} of 20 calls of the quiet source were taken`);
  },

  "a burst far beyond what it can carry: refused early, and half a second later all is as before": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const [caller, flooder] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const before = await world.call(caller, "5");
    await until("the way of its own packets is known", async () => (await sipLoad(soon())).lag >= 0);
    // A second of it, as Kamailio has only just been started.
    const stop = new AbortController();
    const flooding = (async () => {
      while (!stop.signal.aborted) {
        flood(flooder, "5", 40);
        await delay(10);
      }
    })();
    await until("some were refused", async () => (await sipLoad(soon())).refused > 0, 30_000).finally(() =>
      stop.abort(),
    );
    await flooding;
    await until("nothing is refused any more", async () => (await sipLoad(soon())).limit === 0, 30_000);
    assert.equal((await world.hangUp(caller, before)).code, 200);
    assert.equal((await world.call(caller, "5")).answer.code, 200);
  },
};
