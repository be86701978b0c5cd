import { strict as assert } from "node:assert";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { invite, sameBranch, service } from "../call.ts";
import { header, headers, type SipMessage, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";

/** Who rings, and by which way: RFC 3261 16.5, 16.6, 10. */

export const isInvite = (m: SipMessage): boolean => m.method === "INVITE";
/** The Request-URIs of the INVITEs that came, each once. */
export const called = (ua: Ua): string[] => [
  ...new Set(ua.seen.filter(isInvite).map((m) => m.text.split(" ")[1] ?? "")),
];

/** A REGISTER whose Contact is not where it comes from, or has parameters. @returns the answer */
const registerAs = (world: World, ua: Ua, user: string, contact: string, extra: string[] = []) =>
  world.register(ua, user, `pw-${user}`, service, { contact, extra });

export const cancels = (ua: Ua): number => ua.seen.filter((m) => m.method === "CANCEL").length;

/** Rings until it is cancelled. */
export const ringing = async (world: World, address: string, port: number): Promise<Ua> =>
  rings(await world.ua(address, port));

/** @param deaf so many CANCELs get lost */
export function rings(ua: Ua, deaf = 0): Ua {
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "INVITE") ua.reply(request, 180, "Ringing", { tag });
    if (request.method !== "CANCEL" || cancels(ua) <= deaf) return;
    ua.reply(request, 200, "OK", { tag });
    for (const one of ua.seen.filter(isInvite)) ua.reply(one, 487, "Request Terminated", { tag });
  };
  return ua;
}

/** Calls, waits until `holds`, and gives up. */
export async function ringAndCancel(
  caller: Ua,
  number: string,
  what: string,
  holds: () => boolean,
): Promise<void> {
  const call = invite(caller, number);
  caller.send(call.text, service);
  await caller.wait("180", (m) => m.code === 180 && header(m, "Call-ID") === call.callId);
  await until(what, holds);
  sameBranch(caller, call, "CANCEL", `<${call.uri}>`);
  const end = await caller.wait("487", (m) => m.code === 487 && header(m, "Call-ID") === call.callId);
  sameBranch(caller, call, "ACK", header(end, "To"));
}

const users = (...names: string[]) => names.map((user) => ({ type: "user", user }));

export const branches: Record<string, Scenario> = {
  "a telephone behind a NAT and one in the office: each gets the INVITE for its own Contact (RFC 3261 16.6)":
    async (world) => {
      const nat = await ringing(world, "198.18.77.51", 5070);
      const office = await ringing(world, "198.18.77.52", 5071);
      const caller = await world.ua("198.18.77.50");
      const natted = "sip:101@192.168.77.7:5060";
      const plain = "sip:101@198.18.77.52:5071";
      const both = () => called(nat).length > 0 && called(office).length > 0;
      await registerAs(world, nat, "101", `<${natted}>`);
      await registerAs(world, office, "101", `<${plain}>`);
      world.decides(() => ({ ...toUri(), targets: users("101") }));
      await ringAndCancel(caller, "101", "both ring", both);
      assert.deepEqual([called(nat), called(office)], [[natted], [plain]]);
      for (const ua of [nat, office]) ua.seen.length = 0;
      // In the other order of registrations.
      await registerAs(world, office, "102", "<sip:102@198.18.77.52:5071>");
      await registerAs(world, nat, "102", "<sip:102@192.168.77.7:5060>");
      world.decides(() => ({ ...toUri(), targets: users("102") }));
      await ringAndCancel(caller, "102", "both ring", both);
      assert.deepEqual(
        [called(nat), called(office)],
        [["sip:102@192.168.77.7:5060"], ["sip:102@198.18.77.52:5071"]],
      );
    },

  "parallel and after a failure: each target has its own next hop; one that can not be reached takes nobody's place":
    async (world) => {
      const carrier = await ringing(world, "198.18.77.51", 5070);
      const desk = await ringing(world, "198.18.77.52", 5071);
      const nat = await ringing(world, "198.18.77.53", 5072);
      const busy = await world.phone("198.18.77.54", 5073, 486);
      const caller = await world.ua("198.18.77.50");
      await registerAs(world, nat, "101", "<sip:101@192.168.77.7:5060>");
      const all = () => [carrier, desk, nat].every((ua) => called(ua).length > 0);
      world.decides(() => ({
        ...toUri(),
        strategy: "parallel",
        targets: [
          { type: "uri", uri: "sip:+4977555@pstn.invalid", via: "sip:198.18.77.51:5070" },
          { type: "uri", uri: "sip:nobody@203.0.113.1;transport=tls" },
          ...users("101"),
          { type: "uri", uri: "sip:desk@198.18.77.52:5071", headers: { "X-For": "desk" } },
        ],
      }));
      await ringAndCancel(caller, "1", "all ring", all);
      assert.deepEqual([carrier, desk, nat].map(called), [
        ["sip:+4977555@pstn.invalid"],
        ["sip:desk@198.18.77.52:5071"],
        ["sip:101@192.168.77.7:5060"],
      ]);
      const at = (ua: Ua) => header(ua.seen.find(isInvite) as SipMessage, "X-For");
      assert.deepEqual([carrier, desk, nat].map(at), ["", "desk", ""]);
      for (const ua of [carrier, desk, nat]) ua.seen.length = 0;
      // First one by way of another, then a user with two telephones, one of them behind a NAT.
      await registerAs(world, desk, "101", "<sip:101@198.18.77.52:5071>");
      world.decides(() => ({
        ...toUri(),
        targets: [{ type: "uri", uri: "sip:x@pstn.invalid", via: "sip:198.18.77.54:5073" }, ...users("101")],
      }));
      const two = () => [desk, nat].every((ua) => called(ua).length > 0);
      await ringAndCancel(caller, "2", "both telephones ring", two);
      assert.deepEqual([busy, desk, nat].map(called), [
        ["sip:x@pstn.invalid"],
        ["sip:101@198.18.77.52:5071"],
        ["sip:101@192.168.77.7:5060"],
      ]);
      assert.equal(called(carrier).length, 0);
    },

  "a telephone behind an edge (Path, RFC 3327) and one that is not: each by its way, the Route for the first alone":
    async (world) => {
      const edge = await ringing(world, "198.18.77.51", 5070);
      const desk = await ringing(world, "198.18.77.52", 5071);
      const caller = await world.ua("198.18.77.50");
      const path = "<sip:198.18.77.51:5070;lr>";
      const far = "sip:101@203.0.113.7:5060";
      await registerAs(world, edge, "101", `<${far}>`, ["Supported: path", `Path: ${path}`]);
      await registerAs(world, desk, "101", "<sip:101@198.18.77.52:5071>");
      await registerAs(world, edge, "102", `<${far}>`, ["Supported: path", `Path: ${path}`]);
      const both = () => called(edge).length > 0 && called(desk).length > 0;
      const routes = (ua: Ua) => headers(ua.seen.find(isInvite) as SipMessage, "Route");
      for (const [strategy, targets] of [
        ["serial", users("101")],
        ["parallel", [...users("102"), { type: "uri", uri: "sip:101@198.18.77.52:5071" }]],
      ] as const) {
        for (const ua of [edge, desk]) ua.seen.length = 0;
        world.decides(() => ({ ...toUri(), strategy, targets }));
        await ringAndCancel(caller, "1", "both ring", both);
        assert.deepEqual([called(edge), called(desk)], [[far], ["sip:101@198.18.77.52:5071"]]);
        assert.deepEqual([routes(edge), routes(desk)], [[path], []]);
      }
    },

  "a telephone with two ways to here (RFC 5626 5.3) is called by the newest, others ring too": async (
    world,
  ) => {
    const first = await ringing(world, "198.18.77.51", 5070);
    const second = await ringing(world, "198.18.77.51", 5071);
    const desk = await ringing(world, "198.18.77.52", 5072);
    const caller = await world.ua("198.18.77.50");
    const flow = (ua: Ua, id: number) =>
      registerAs(
        world,
        ua,
        "101",
        `<sip:101@198.18.77.51:${ua.port}>;reg-id=${id};+sip.instance="<urn:uuid:00000000-0000-1000-8000-00000000000a>"`,
        ["Supported: path, outbound"],
      );
    await flow(first, 1);
    await registerAs(world, desk, "101", "<sip:101@198.18.77.52:5072>");
    await until("the next second", secondsLater(1));
    await flow(second, 2);
    world.decides(() => ({ ...toUri(), targets: users("101") }));
    const rings = () => called(second).length > 0 && called(desk).length > 0;
    await ringAndCancel(caller, "101", "both telephones ring", rings);
    assert.equal(called(first).length, 0);
  },

  "all 16 targets of a rule ring, and three people with five telephones each": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const phones: Ua[] = [];
    for (let i = 0; i < 16; i++) phones.push(await ringing(world, "198.18.77.51", 5100 + i));
    const rang = () => phones.filter((ua) => called(ua).length > 0).length;
    world.decides(() => ({
      ...toUri(...phones.map((ua, i) => `sip:m${i}@${ua.address}:${ua.port}`)),
      strategy: "parallel",
    }));
    await ringAndCancel(caller, "1", "all 16 ring", () => rang() === 16);
    for (const ua of phones) ua.seen.length = 0;
    for (const [i, user] of ["101", "102", "103"].entries())
      for (const ua of phones.slice(i * 5, i * 5 + 5))
        assert.equal((await world.register(ua, user, `pw-${user}`)).code, 200);
    for (const ua of phones) ua.seen.length = 0;
    world.decides(() => ({ ...toUri(), strategy: "parallel", targets: users("101", "102", "103") }));
    await ringAndCancel(caller, "2", "all 15 ring", () => rang() === 15);
    // With credentials to be asked for first, and with the own app gone: the same number.
    for (const ua of phones) ua.seen.length = 0;
    world.own.stop();
    world.decides(() => ({
      ...toUri(...phones.map((ua, i) => `sip:m${i}@${ua.address}:${ua.port}`)),
      strategy: "parallel",
    }));
    const call = world.call(caller, "3", {
      from: `<sip:104@${service.address}>`,
      password: "pw-104",
      ms: 8000,
    });
    await until("all 16 ring", () => rang() === 16, 5000);
    const last = phones[15] as Ua;
    last.reply(last.seen.find(isInvite) as SipMessage, 200, "OK", { tag: "last" });
    assert.equal((await call).answer.code, 200);
  },

  "the eleventh registration of a user is taken in place of the oldest (RFC 3261 10.3)": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const phones: Ua[] = [];
    for (let i = 0; i < 13; i++) {
      const ua = await ringing(world, "198.18.77.51", 5100 + i);
      phones.push(ua);
      const answer = await world.register(ua, "101", "pw-101");
      assert.equal(answer.code, 200, `registration ${i + 1}: ${answer.first}`);
      if (i === 12) assert.ok(headers(answer, "Contact").join(",").includes(`:${ua.port}`));
      // Which is older is told in whole seconds.
      if (i === 2) await until("the next second", secondsLater(1));
    }
    const rings = (ua: Ua) => called(ua).length > 0;
    world.decides(() => ({ ...toUri(), targets: users("101") }));
    await ringAndCancel(caller, "101", "the ten newest ring", () => phones.slice(3).every(rings));
    assert.equal(phones.slice(0, 3).some(rings), false);
  },

  "more telephones than branches: every target has one, the newest come first": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const phones: Ua[] = [];
    for (const [i, user] of ["101", "102", "103"].entries())
      for (let n = 0; n < 10; n++) {
        const ua = await ringing(world, "198.18.77.51", 5100 + i * 10 + n);
        phones.push(ua);
        await world.register(ua, user, `pw-${user}`);
        if (user === "103" && n === 8) await until("the next second", secondsLater(1));
      }
    const rang = (from: number, to: number) =>
      phones.slice(from, to).filter((ua) => called(ua).length > 0).length;
    world.decides(() => ({ ...toUri(), strategy: "parallel", targets: users("101", "102", "103") }));
    await ringAndCancel(caller, "1", "22 ring", () => rang(0, 30) === 22);
    assert.deepEqual([rang(0, 10), rang(10, 20), rang(20, 30)], [10, 10, 2]);
    assert.equal(rang(29, 30), 1, "the newest");
  },

  "q values: the higher rings first, the others when it does not answer (RFC 3261 16.6)": async (world) => {
    const desk = await ringing(world, "198.18.77.51", 5070);
    const twin = await ringing(world, "198.18.77.52", 5071);
    const mobile = await world.phone("198.18.77.53", 5072, 180, 200);
    const caller = await world.ua("198.18.77.50");
    // The first REGISTER that a worker of Kamailio 5.6 sees is stored with q=0 (sip/contacts.cfg, route[Q]).
    await until("its q is stored", async () => {
      await registerAs(world, mobile, "101", "<sip:101@198.18.77.53:5072>;q=0.3");
      const stored = await kamailioRpc(world.server.context, "ul.dump", [], AbortSignal.timeout(2000));
      return JSON.stringify(stored).includes('"Q":0.3');
    });
    await registerAs(world, desk, "101", "<sip:101@198.18.77.51:5070>;q=1.0");
    await registerAs(world, twin, "101", "<sip:101@198.18.77.52:5071>");
    for (const ua of [desk, twin, mobile]) ua.seen.length = 0;
    const targets = [{ type: "user", user: "101", timeout_ms: 1500 }];
    world.decides(() => ({ ...toUri(), targets }));
    const one = await world.call(caller, "101");
    assert.equal(one.answer.code, 200);
    assert.ok(one.ms > 500, `took ${one.ms} ms`);
    assert.deepEqual(
      [desk, twin, mobile].map((ua) => called(ua).length),
      [1, 1, 1],
    );
    await world.hangUp(caller, one);
    // "All at once" means all.
    world.decides(() => ({ ...toUri(), strategy: "parallel", targets }));
    const two = await world.call(caller, "101");
    assert.ok(two.ms < 500, `took ${two.ms} ms`);
    await world.hangUp(caller, two);
  },
};

/** True from `seconds` after now on, in whole seconds of the clock. */
export function secondsLater(seconds: number): () => boolean {
  const then = Math.floor(Date.now() / 1000) + seconds;
  return () => Date.now() / 1000 >= then;
}
