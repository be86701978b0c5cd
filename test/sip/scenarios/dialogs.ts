import { strict as assert } from "node:assert";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { buildRecords } from "../../../src/records/build-record.ts";
import { inDialog, invite, respond, sameBranch, service, withBody } from "../call.ts";
import type { FakeRelay } from "../fake-relay.ts";
import { header, type SipMessage, type Ua } from "../ua.ts";
import { rejected, type Scenario, until, type World } from "../world.ts";
import { sdp } from "./media.ts";
import { reply, withRelay } from "./offers.ts";

/** A call is a dialog, not a Call-ID: RFC 3261 12. The relay is not real here. */

const uris = ["sip:1@198.18.77.51:5070", "sip:2@198.18.77.52:5070"];

/** Telephones that ring with early audio, answer when they are told to, and know only their own dialog. */
async function ringing(world: World, count: number): Promise<Ua[]> {
  const phones: Ua[] = [];
  for (let index = 0; index < count; index++) {
    const ua = await world.ua(`198.18.77.5${index + 1}`, 5070);
    const tag = `tag${index}`;
    ua.onRequest = (request) => {
      if (request.method === "INVITE") respond(ua, request, "183 Progress", tag, sdp(ua.address, 5002));
      else if (request.method === "CANCEL") respond(ua, request, "481 No Such Transaction", tag);
      else if (request.method === "BYE") {
        const knows = header(request, "To").endsWith(`;tag=${tag}`);
        respond(ua, request, knows ? "200 OK" : "481 No Such Dialog", tag);
      }
    };
    phones.push(ua);
  }
  return phones;
}

async function pickUp(ua: Ua, index: number): Promise<void> {
  const request = await ua.wait("the INVITE", (m) => m.method === "INVITE");
  respond(ua, request, "200 OK", `tag${index}`, sdp(ua.address, 5002));
}

const toTag = (code: number, tag: string) => (m: SipMessage) =>
  m.code === code && header(m, "CSeq").endsWith("INVITE") && header(m, "To").endsWith(`;tag=${tag}`);

const ringsAt = async (phones: Ua[]): Promise<void> => {
  for (const ua of phones) await ua.wait("the INVITE", (m) => m.method === "INVITE");
};

const recordsOf = (world: World, callId: string) =>
  buildRecords(world.server.events(callId), { now: Date.now(), maxCallMs: 3_600_000, maxSetupMs: 300_000 });

const deleted = (relay: FakeRelay) => relay.seen.filter((line) => line.startsWith("delete "));

/** By the telephones that they were offered for. */
const sessions = (relay: FakeRelay) =>
  relay.seen.filter((line) => line.startsWith("offer ")).map((line) => line.slice("offer ".length));

const rows = async (world: World): Promise<string> =>
  JSON.stringify(await kamailioRpc(world.server.context, "htable.dump", ["dlg"], AbortSignal.timeout(2000)));

function place(caller: Ua, number = "5") {
  const made = invite(caller, number);
  caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
  return made;
}

/** The same message with another To tag. */
const toAnother = (text: string, tag: string): string => text.replace(/^(to: .*;tag=)\S+/im, `$1${tag}`);

export const dialogs: Record<string, Scenario> = {
  "outside of a call: BYE gets 481 (RFC 3261 15.1.2), methods that are not for us 405 with those that are":
    async (world) => {
      const caller = await world.ua("198.18.77.50");
      // No rule is for them.
      world.decides(() => rejected(405));
      const answerTo = async (method: string) => {
        const { text, callId } = invite(caller, "5");
        caller.send(text.replaceAll("INVITE", method), service);
        return caller.wait("its answer", (m) => m.code >= 200 && header(m, "Call-ID") === callId);
      };
      assert.equal((await answerTo("BYE")).code, 481);
      for (const method of ["MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "INFO", "REFER", "FOO"]) {
        const answer = await answerTo(method);
        assert.equal(answer.code, 405, method);
        assert.ok(!header(answer, "Allow").includes(method));
      }
    },

  "two telephones answer at once, the caller hangs up one (13.2.2.4): the other's session, dialog and record go on":
    async (world) => {
      await withRelay(world, uris, async (relay) => {
        const phones = await ringing(world, 2);
        const caller = await world.ua("198.18.77.50");
        const { callId } = place(caller);
        await ringsAt(phones);
        for (const [index, ua] of phones.entries()) await pickUp(ua, index);
        const answers: SipMessage[] = [];
        for (const tag of ["tag0", "tag1"]) answers.push(await caller.wait(`200 of ${tag}`, toTag(200, tag)));
        const [kept, other] = answers;
        assert.ok(kept && other);
        for (const answer of answers) caller.send(inDialog(caller, answer, "ACK", 1), service);
        const [first = "", second = ""] = sessions(relay);
        assert.notEqual(first, second);
        const both = [`"name":"${first}"`, `"name":"${second}"`];
        await until("both dialogs are known", async () => {
          const known = await rows(world);
          return both.every((row) => known.includes(row));
        });
        caller.send(inDialog(caller, other, "BYE", 2), service);
        await caller.wait("200 of the BYE", reply("2 BYE"));
        await world.server.waitEvents(callId, ["start", "answer", "answer", "end"]);
        assert.deepEqual(deleted(relay), [`delete ${second}`]);
        await until(
          "the other's dialog is forgotten",
          async () => !(await rows(world)).includes("tag1"),
          10_000,
        );
        assert.match(await rows(world), /tag0/);
        const open = recordsOf(world, callId);
        assert.equal(open.length, 1);
        assert.equal(open[0]?.closed_how, null);
        caller.send(inDialog(caller, kept, "BYE", 3), service);
        await caller.wait("200 of the BYE", reply("3 BYE"));
        await world.server.waitEvents(callId, ["end", "end"]);
        assert.deepEqual(deleted(relay), [`delete ${second}`, `delete ${first}`]);
        assert.equal(recordsOf(world, callId)[0]?.closed_how, "bye");
      });
    },

  "a BYE with tags of no dialog is refused (15.1.2) and ends neither record nor audio": async (world) => {
    await withRelay(world, uris.slice(0, 1), async (relay) => {
      const phones = await ringing(world, 1);
      const caller = await world.ua("198.18.77.50");
      const { callId } = place(caller);
      await ringsAt(phones);
      for (const ua of phones) await pickUp(ua, 0);
      const answer = await caller.wait("200", toTag(200, "tag0"));
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      await until("the dialog is known", async () => (await rows(world)).includes("tag0"));
      caller.send(toAnother(inDialog(caller, answer, "BYE", 2), "nobody"), service);
      assert.equal((await caller.wait("an answer", reply("2 BYE"))).code, 481);
      await world.server.waitEvents(callId, ["start", "answer", "end", "end"]);
      assert.deepEqual(deleted(relay), []);
      assert.equal(recordsOf(world, callId)[0]?.closed_how, null);
      caller.send(inDialog(caller, answer, "BYE", 3), service);
      assert.equal((await caller.wait("an answer", reply("3 BYE"))).code, 200);
      await world.server.waitEvents(callId, ["end", "end", "end"]);
      assert.deepEqual(deleted(relay), [`delete ${callId}`]);
      assert.equal(recordsOf(world, callId)[0]?.closed_how, "bye");
    });
  },

  "a proxy behind us forks and two of its telephones answer: the session ends with the last of the two":
    async (world) => {
      await withRelay(world, uris.slice(0, 1), async (relay) => {
        const proxy = await world.ua("198.18.77.51", 5070);
        proxy.onRequest = (request) => {
          if (request.method === "BYE") respond(proxy, request, "200 OK", "x");
        };
        const caller = await world.ua("198.18.77.50");
        const { callId } = place(caller);
        const request = await proxy.wait("the INVITE", (m) => m.method === "INVITE");
        const answers: SipMessage[] = [];
        for (const tag of ["tag0", "tag1"]) {
          respond(proxy, request, "200 OK", tag, sdp(proxy.address, 5002));
          answers.push(await caller.wait(`200 of ${tag}`, toTag(200, tag)));
        }
        await until("the later dialog is known", async () => (await rows(world)).includes("tag1"));
        for (const [index, answer] of answers.toReversed().entries()) {
          caller.send(inDialog(caller, answer, "ACK", 1), service);
          caller.send(inDialog(caller, answer, "BYE", index + 2), service);
          await caller.wait("200 of the BYE", reply(`${index + 2} BYE`));
          if (index > 0) continue;
          await world.server.waitEvents(callId, ["start", "answer", "answer", "end"]);
          assert.deepEqual(deleted(relay), []);
          assert.equal(recordsOf(world, callId)[0]?.closed_how, null);
          await until("its dialog is forgotten", async () => !(await rows(world)).includes("tag1"), 10_000);
        }
        await world.server.waitEvents(callId, ["end", "end"]);
        assert.deepEqual(deleted(relay), [`delete ${callId}`]);
        assert.equal(recordsOf(world, callId)[0]?.closed_how, "bye");
      });
    },

  "a BYE of one early dialog (15): the other telephone rings on, is answered and has audio": async (
    world,
  ) => {
    await withRelay(world, uris, async (relay) => {
      const phones = await ringing(world, 2);
      const caller = await world.ua("198.18.77.50");
      const { callId } = place(caller);
      await ringsAt(phones);
      const early = await caller.wait("183", toTag(183, "tag0"));
      await caller.wait("183", toTag(183, "tag1"));
      caller.send(inDialog(caller, early, "BYE", 2), service);
      assert.equal((await caller.wait("an answer", reply("2 BYE"))).code, 200);
      const [first, second] = phones;
      assert.ok(first && second);
      respond(first, await first.wait("the INVITE", (m) => m.method === "INVITE"), "487 Terminated", "tag0");
      await pickUp(second, 1);
      const answer = await caller.wait("200", toTag(200, "tag1"));
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      await world.server.waitEvents(callId, ["start", "end", "answer"]);
      const [session = "", other = ""] = sessions(relay);
      assert.ok(deleted(relay).every((line) => line === `delete ${session}`));
      assert.ok(relay.seen.includes(`answer ${other}`));
      const [record] = recordsOf(world, callId);
      assert.equal(record?.outcome, "answered");
      assert.equal(record.closed_how, null);
    });
  },

  "a CANCEL that crosses the 200 (9.1): the call is answered, and ended by the caller's BYE": async (
    world,
  ) => {
    await withRelay(world, uris.slice(0, 1), async (relay) => {
      const phones = await ringing(world, 1);
      const caller = await world.ua("198.18.77.50");
      const made = place(caller);
      await ringsAt(phones);
      for (const ua of phones) await pickUp(ua, 0);
      sameBranch(caller, made, "CANCEL", `<${made.uri}>`);
      const answer = await caller.wait("200", toTag(200, "tag0"));
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      caller.send(inDialog(caller, answer, "BYE", 2), service);
      assert.equal((await caller.wait("an answer", reply("2 BYE"))).code, 200);
      await world.server.waitEvents(made.callId, ["start", "answer", "end"]);
      assert.deepEqual(deleted(relay), [`delete ${made.callId}`]);
      const [record] = recordsOf(world, made.callId);
      assert.equal(record?.outcome, "answered");
      assert.equal(record.closed_how, "bye");
    });
  },
};
