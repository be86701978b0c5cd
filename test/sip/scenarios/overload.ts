import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { sipLoad } from "../../../src/components/kamailio/load.ts";
import { kamailioFacts, kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { inDialog, invite, service } from "../call.ts";
import { header, type Ua } from "../ua.ts";
import { kinds, type Scenario, toUri, until, type World } from "../world.ts";

export const soon = () => AbortSignal.timeout(2000);

const limitTo = (world: World, callsPerSecond: number) =>
  kamailioRpc(world.server.context, "htable.seti", ["load", "limit", callsPerSecond], soon());

/** Pids of Kamailio's processes whose description (core.psx) fits. */
async function processesOf(world: World, fits: RegExp): Promise<number[]> {
  const processes = z
    .array(z.object({ PID: z.int(), DSC: z.string() }))
    .parse(await kamailioRpc(world.server.context, "core.psx", [], soon()));
  const pids = processes.filter(({ DSC }) => fits.test(DSC)).map(({ PID }) => PID);
  assert.ok(pids.length > 0, processes.map(({ DSC }) => DSC).join(" | "));
  return pids;
}

const tellAll = (pids: readonly number[], signal: "SIGSTOP" | "SIGCONT"): void => {
  for (const pid of pids) process.kill(pid, signal);
};

/** They stand still while something is done. */
export async function withoutWorkers(world: World, fits: RegExp, act: () => Promise<void>): Promise<void> {
  const pids = await processesOf(world, fits);
  tellAll(pids, "SIGSTOP");
  try {
    await act();
  } finally {
    tellAll(pids, "SIGCONT");
  }
}

/**
 * They get ever less of their time while something is done: a tenth at first, each second half of that, in turns shorter than
 * Kamailio's own tenths of a second. However fast the machine is, there comes a second in which they can not carry what comes.
 */
async function withEverSlowerWorkers(world: World, fits: RegExp, act: () => Promise<void>): Promise<void> {
  const pids = await processesOf(world, fits);
  const begun = performance.now();
  const pause = async () => {
    tellAll(pids, "SIGSTOP");
    await delay(90);
    tellAll(pids, "SIGCONT");
    await delay(Math.max(1, 10 / 2 ** Math.floor((performance.now() - begun) / 1000)));
  };
  try {
    await meanwhile(0, pause, act);
  } finally {
    tellAll(pids, "SIGCONT");
  }
}

/** As if Kamailio had been started half a minute before: what it can carry is not believed so soon after a start. */
async function longAfterStart(world: World): Promise<void> {
  const [boot] = z
    .tuple([z.object({ value: z.int() })])
    .parse(await kamailioRpc(world.server.context, "pv.shvGet", ["boot"], soon()));
  await kamailioRpc(world.server.context, "pv.shvSet", ["boot", "int", boot.value - 30], soon());
}

/** New calls to one number, all at once. @returns their Call-IDs */
export function flood(ua: Ua, number: string, count: number): string[] {
  return Array.from({ length: count }, () => {
    const call = invite(ua, number);
    ua.send(call.text, service);
    return call.callId;
  });
}

/** Does it all the time while something else is done. */
export async function meanwhile(
  everyMs: number,
  again: () => unknown,
  act: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const going = (async () => {
    for (; !stop.signal.aborted; await delay(everyMs)) await again();
  })();
  try {
    await act();
  } finally {
    stop.abort();
    await going;
  }
}

export const nothingRefused = () =>
  until("nothing is refused any more", async () => (await sipLoad(soon())).limit === 0, 30_000);

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

  "while requests wait and new calls are refused: registrations that refresh, emergency calls and requests in calls pass":
    async (world) => {
      const phone = await world.phone("198.18.77.51", 5070, 200);
      const [caller, stranger] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
      world.decides(() => toUri("sip:1@198.18.77.51:5070"));
      assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      const before = await world.call(caller, "5");
      world.ack(caller, before);
      // As if each request waited for a second; the way of its own packets, which are quick, says otherwise ten times a second.
      const stop = new AbortController();
      const slow = (async () => {
        for (; !stop.signal.aborted; await delay(10)) {
          await limitTo(world, 10);
          await kamailioRpc(world.server.context, "pv.shvSet", ["lag", "int", 1000], soon());
        }
      })();
      const strangers: string[] = [];
      const calls: string[] = [];
      try {
        for (let round = 0; round < 10; round++) {
          calls.push(...flood(stranger, "5", 20));
          const text = invite(stranger, "5").text.replaceAll("INVITE", "REGISTER");
          const callId = `stranger-${round}`;
          strangers.push(callId);
          stranger.send(text.replace(/Call-ID: .*/, `Call-ID: ${callId}`), service);
          // A challenge and an answer to it each: both pass.
          assert.equal((await world.register(phone, "101", "pw-101")).code, 200, `refresh ${round}`);
          assert.equal((await world.call(caller, "112")).answer.code, 200, `emergency call ${round}`);
          caller.send(inDialog(caller, before.answer, "INVITE", 20 + round), service);
          const again = await caller.wait(
            "the answer to a re-INVITE",
            (m) => m.code >= 200 && header(m, "CSeq") === `${20 + round} INVITE`,
          );
          assert.equal(again.code, 200, `re-INVITE ${round}`);
          caller.send(inDialog(caller, again, "ACK", 20 + round), service);
        }
        assert.equal((await world.hangUp(caller, before)).code, 200);
        await until("all are answered", () => finals(stranger, calls).length >= calls.length);
      } finally {
        stop.abort();
        await slow;
      }
      const refused = (ids: string[]) => finals(stranger, ids).filter((m) => m.code === 503).length;
      assert.ok(refused(calls) >= 100, `${refused(calls)} of ${calls.length} new calls were refused`);
      assert.ok(
        refused(strangers) >= 5,
        `${refused(strangers)} of 10 registrations of strangers were refused`,
      );
    },

  "a burst far beyond what it can carry: refused early, and half a second later all is as before": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const [caller, flooder] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const before = await world.call(caller, "5");
    await until("the way of its own packets is known", async () => (await sipLoad(soon())).lag >= 0);
    await longAfterStart(world);
    await withEverSlowerWorkers(world, /^udp receiver .*198\.18\.77\.100:5060/, () =>
      meanwhile(
        10,
        () => flood(flooder, "5", 40),
        () => until("some were refused", async () => (await sipLoad(soon())).refused > 0, 30_000),
      ),
    );
    await until("nothing is refused any more", async () => (await sipLoad(soon())).limit === 0, 30_000);
    assert.equal((await world.hangUp(caller, before)).code, 200);
    assert.equal((await world.call(caller, "5")).answer.code, 200);
  },

  "a call that was taken before there was a limit: its INVITE, repeated while the app thinks or long after the answer, gets no 503":
    async (world) => {
      await world.phone("198.18.77.51", 5070, 200);
      const [caller, stranger] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
      world.decides(() => toUri("sip:1@198.18.77.51:5070"));
      world.own.late = 1000;
      const call = invite(caller, "5");
      const answers = () => finals(caller, [call.callId]).map((m) => m.code);
      caller.send(call.text, service);
      await until("the app has been asked", () => world.own.questions.length === 1);
      const overloaded = (act: () => Promise<void>) =>
        meanwhile(
          10,
          () => limitTo(world, 10),
          () => meanwhile(10, () => flood(stranger, "6", 10), act),
        );
      const repeat = (enough: () => boolean) => async () => {
        await until("calls are refused", async () => (await sipLoad(soon())).refused > 100);
        await until("it has been repeated", async () => {
          caller.send(call.text, service);
          await delay(20);
          return enough();
        });
      };
      await overloaded(repeat(() => answers().length > 0));
      assert.deepEqual(new Set(answers()), new Set([200]));
      world.own.late = undefined;
      await nothingRefused();
      const events = await world.server.waitEvents(call.callId, ["start", "answer"]);
      assert.equal(kinds(events), "answer start");
      // Its transaction is over 5 s after the answer; until then it repeats that.
      await until(
        "there are no transactions",
        async () => (await kamailioFacts(world.server.context, soon())).transactions === 0,
        20_000,
      );
      const before = answers().length;
      await overloaded(repeat(() => answers().length > before));
      assert.deepEqual(new Set(answers()), new Set([200]));
    },

  "a call that was refused stays refused, also when there is no limit any more": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const [caller, stranger] = [await world.ua("198.18.77.50"), await world.ua("198.18.77.54")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const calls = Array.from({ length: 30 }, () => invite(caller, "5"));
    await meanwhile(
      10,
      () => limitTo(world, 10),
      async () => {
        await meanwhile(
          10,
          () => flood(stranger, "6", 10),
          async () => {
            await until("calls are refused", async () => (await sipLoad(soon())).refused > 100);
            for (const { text } of calls) caller.send(text, service);
            await until(
              "all are answered",
              () =>
                finals(
                  caller,
                  calls.map(({ callId }) => callId),
                ).length >= 30,
            );
          },
        );
      },
    );
    await nothingRefused();
    const refused = calls.filter(({ callId }) => finals(caller, [callId])[0]?.code === 503);
    assert.ok(refused.length > 0);
    for (const { text } of refused) caller.send(text, service);
    for (const { callId } of refused) {
      await until("it is refused again", () => finals(caller, [callId]).length >= 2);
      assert.deepEqual(new Set(finals(caller, [callId]).map(({ code }) => code)), new Set([503]));
      assert.equal(kinds(world.server.events(callId)), "");
    }
  },
};
