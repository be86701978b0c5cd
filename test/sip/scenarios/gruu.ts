import { strict as assert } from "node:assert";
import { kamailioFacts } from "../../../src/components/kamailio/rpc.ts";
import { inDialogCallee, invite, service } from "../call.ts";
import { header, headers, type SipMessage, tagOf, type Ua, uriIn } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";
import { secondsLater } from "./branches.ts";
import { serviceOfB, withB } from "./cluster.ts";
import { connectionsLeft } from "./transports.ts";

/** Addresses of one telephone: RFC 5627. */

const toUser = { ...toUri(), targets: [{ type: "user", user: "101" }] };
const isInvite = (m: SipMessage) => m.method === "INVITE" && m.code === 0;
const urn = (n: number) => `urn:uuid:0000000${n}-0000-1000-8000-000a95a0e128`;

/** Registers as 101; the addresses that it gets. */
async function gruus(world: World, ua: Ua, n: number, more = ""): Promise<{ open: string; hidden: string }> {
  const contact = `<sip:101@${ua.host}:${ua.port}>;+sip.instance="<${urn(n)}>"${more}`;
  const answer = await world.register(ua, "101", "pw-101", service, {
    contact,
    extra: ["Supported: gruu, path, outbound"],
  });
  assert.equal(answer.code, 200);
  const own = headers(answer, "Contact")
    .flatMap((value) => value.split(/,\s*(?=<)/))
    .find((value) => value.includes(urn(n)));
  const at = (name: string) => new RegExp(`;${name}-gruu="([^"]+)"`).exec(own ?? "")?.[1] ?? "";
  return { open: at("pub"), hidden: at("temp") };
}

const rang = (ua: Ua, callId: string) => ua.seen.some((m) => isInvite(m) && header(m, "Call-ID") === callId);

export const gruu: Record<string, Scenario> = {
  "GRUU: each telephone gets addresses of its own, and calls to them ring it alone (RFC 5627 4.2, 5.4)":
    async (world) => {
      world.decides(() => toUser);
      const one = await world.phone("198.18.77.51", 5071, 200);
      const two = await world.phone("198.18.77.52", 5072, 200);
      const caller = await world.ua("198.18.77.50");
      const first = await gruus(world, one, 1);
      const second = await gruus(world, two, 2);
      assert.equal(first.open, `sip:101@198.18.77.100;gr=${urn(1)}`);
      assert.notEqual(first.hidden, second.hidden);
      assert.doesNotMatch(first.hidden, /101|urn/);
      for (const [ua, other, { open, hidden }] of [
        [one, two, first],
        [two, one, second],
      ] as const)
        for (const uri of [open, hidden]) {
          const called = await world.call(caller, "", { uri });
          assert.equal(called.answer.code, 200, `${uri}: ${called.answer.first}`);
          assert.ok(rang(ua, called.callId), uri);
          assert.ok(!rang(other, called.callId), uri);
          assert.equal(world.own.questions.at(-1)?.number, "101");
          assert.equal((await world.hangUp(caller, called)).code, 200);
        }
      // Who is not there any more (5.4), and who never was.
      await world.register(two, "101", "pw-101", service, {
        contact: `<sip:101@${two.host}:${two.port}>;+sip.instance="<${urn(2)}>";expires=0`,
      });
      assert.equal((await world.call(caller, "", { uri: second.open })).answer.code, 480);
      assert.equal(
        (await world.call(caller, "", { uri: "sip:uloc-1-2-3@198.18.77.100;gr" })).answer.code,
        404,
      );
      // Refreshed from another address the telephone keeps them.
      const moved = await world.phone("198.18.77.53", 5073, 200);
      assert.equal((await gruus(world, moved, 1)).open, first.open);
      const called = await world.call(caller, "", { uri: first.hidden });
      assert.ok(rang(moved, called.callId));
    },

  "GRUU: the other node finds the telephone too": async (world) => {
    world.decides(() => toUser);
    const one = await world.phone("198.18.77.51", 5071, 200);
    const two = await world.phone("198.18.77.52", 5072, 200);
    await gruus(world, two, 2);
    const before = await gruus(world, one, 1);
    await withB(world, async (b) => {
      await until(
        "b knows both",
        async () => (await kamailioFacts(b.context, AbortSignal.timeout(2000))).contacts === 2,
        8000,
      );
      const caller = await world.ua("198.18.77.50");
      for (const uri of Object.values(before)) {
        const call = invite(caller, "", { uri: uri.replace(service.address, serviceOfB.address) });
        caller.send(call.text, serviceOfB);
        const answer = await caller.wait(
          "an answer",
          (m) => m.code >= 200 && header(m, "Call-ID") === call.callId,
        );
        assert.equal(answer.code, 200, `${uri}: ${answer.first}`);
        assert.ok(rang(one, call.callId) && !rang(two, call.callId), uri);
      }
    });
  },

  "GRUU: as a Contact; the requests of the call find the telephone (RFC 5627 4.4)": async (world) => {
    const callee = await world.phone("198.18.77.52", 5072, 200);
    world.decides(() => toUri("sip:5@198.18.77.52:5072"));
    const caller = await world.ua("198.18.77.51", 5071);
    for (const uri of Object.values(await gruus(world, caller, 1))) {
      const called = await world.call(caller, "5", { contact: `<${uri}>`, extra: ["Supported: gruu"] });
      assert.equal(called.answer.code, 200);
      world.ack(caller, called);
      caller.onRequest = (request) => caller.reply(request, 200, "OK");
      const got = await callee.wait("INVITE", (m) => isInvite(m) && header(m, "Call-ID") === called.callId);
      callee.send(inDialogCallee(callee, got, tagOf(header(called.answer, "To")) ?? "", "BYE", 7), service);
      const bye = await caller.wait(
        "BYE",
        (m) => m.method === "BYE" && header(m, "Call-ID") === called.callId,
      );
      assert.ok(bye.first.includes(uri), bye.first);
      // The address that the other side saw, as a Refer-To may name it.
      world.decides(() => toUser);
      world.answers(caller, 200);
      const third = await world.call(await world.ua("198.18.77.50"), "", {
        uri: uriIn(header(got, "Contact")),
      });
      assert.equal(third.answer.code, 200, third.answer.first);
      assert.ok(rang(caller, third.callId));
      world.decides(() => toUri("sip:5@198.18.77.52:5072"));
    }
  },

  "Outbound: a connection that has gone is not used while the telephone has another; nor in its calls, by its GRUU (RFC 5626 5.3)":
    async (world) => {
      world.decides(() => toUser);
      const id = (n: number) => `;reg-id=${n}`;
      const one = await world.tcpUa("198.18.77.51", 5071);
      const two = await world.tcpUa("198.18.77.51", 5072);
      const phones = [one, two];
      for (const ua of phones) world.answers(ua, 200);
      const caller = await world.ua("198.18.77.50");
      await gruus(world, two, 1, id(2));
      await until("the next second", secondsLater(1));
      const { open } = await gruus(world, one, 1, id(1));
      const called = await world.call(caller, "101");
      assert.ok(rang(one, called.callId) && !rang(two, called.callId), "the newest");
      await world.hangUp(caller, called);
      // A call of its own, with the GRUU as Contact; then its connection breaks.
      const callee = await world.phone("198.18.77.52", 5073, 200);
      world.decides(() => toUri("sip:5@198.18.77.52:5073"));
      const own = await world.call(one, "5", { contact: `<${open}>` });
      world.ack(one, own);
      one.close();
      world.uas.splice(world.uas.indexOf(one), 1);
      const got = await callee.wait("INVITE", (m) => isInvite(m) && header(m, "Call-ID") === own.callId);
      await connectionsLeft(world, 1);
      callee.send(inDialogCallee(callee, got, tagOf(header(own.answer, "To")) ?? "", "BYE", 7), service);
      await two.wait("BYE", (m) => m.method === "BYE" && header(m, "Call-ID") === own.callId);
      world.decides(() => toUser);
      const again = await world.call(caller, "101");
      assert.equal(again.answer.code, 200, again.answer.first);
      assert.ok(rang(two, again.callId));
    },

  "GRUU: who does not ask gets none; who requires them is not refused": async (world) => {
    const ua = await world.ua("198.18.77.51", 5071);
    const contact = `<sip:101@${ua.host}:${ua.port}>;+sip.instance="<${urn(1)}>"`;
    const without = await world.register(ua, "101", "pw-101", service, { contact });
    assert.doesNotMatch(without.text, /-gruu/);
    const extra = ["Require: gruu", "Supported: gruu"];
    const answer = await world.register(ua, "101", "pw-101", service, { contact, extra });
    assert.equal(answer.code, 200);
    assert.match(answer.text, /pub-gruu=/);
  },
};
