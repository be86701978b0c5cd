import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { numbersIn } from "../../../src/agent/calls/probing.ts";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { ha1, header, type SipMessage, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";

/** Carriers: logins, which answers lead to the next one, and those that are broken. */

interface Itsp {
  ua: Ua;
  uri: string;
  /** INVITEs that arrived. */
  invites: SipMessage[];
}

/** @param answer what an INVITE gets */
async function itsp(world: World, at: number, answer: (ua: Ua, invite: SipMessage) => void): Promise<Itsp> {
  const address = `198.18.77.${at}`;
  const ua = await world.ua(address, 5060 + at);
  const invites: SipMessage[] = [];
  ua.onRequest = (request) => {
    if (request.method === "INVITE") {
      invites.push(request);
      answer(ua, request);
    } else if (request.method !== "ACK") ua.reply(request, 200, "OK", { tag: "t" });
  };
  return { ua, uri: `sip:0049@${address}:${5060 + at}`, invites };
}

const final = (code: number) => (ua: Ua, invite: SipMessage) =>
  ua.reply(invite, code, "Reason", { tag: token() });

const challenge = 'Digest realm="itsp.example", nonce="n1", algorithm=MD5, qop="auth"';

/** Wants `user` with `password`, by 407. */
const asking = (user: string, password: string) => (ua: Ua, invite: SipMessage) => {
  const said = header(invite, "Proxy-Authorization");
  const parameter = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(said)?.[1] ?? "";
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  // RFC 7616 3.4.1, with qop.
  const secret = ha1(user, "itsp.example", password).ha1_md5;
  const asked = md5(`INVITE:${parameter("uri")}`);
  const expected = md5([secret, "n1", parameter("nc"), parameter("cnonce"), "auth", asked].join(":"));
  const right = parameter("username") === user && parameter("response") === expected;
  if (right) ua.reply(invite, 200, "OK", { tag: "t" });
  else if (said === "")
    ua.reply(invite, 407, "Who Are You", { tag: token(), extra: [`Proxy-Authenticate: ${challenge}`] });
  else ua.reply(invite, 403, "Wrong", { tag: token() });
};

const facts = (login: string, ways = "") => ({
  login,
  waitMs: 600,
  nextOn: ["401", "403", "407", "408", "5xx"],
  ways,
});

/** Both apps know the carriers and decide for them, in this order. */
function through(world: World, known: [string, Itsp, ReturnType<typeof facts>][], more: object = {}): void {
  const carriers = (name: string) => {
    const found = known.find(([each]) => each === name);
    return found && { name, ...found[2] };
  };
  world.own.carriers = carriers;
  world.peer.carriers = carriers;
  world.decides(() => ({
    ...toUri(),
    strategy: "serial",
    targets: known.map(([carrier, { uri }]) => ({ type: "uri", uri, carrier, ...more })),
  }));
}

/** To `one`, else to `two`; `login` of the first. */
const throughBoth = (world: World, one: Itsp, two: Itsp, login = ""): void =>
  through(world, [
    ["one", one, facts(login)],
    ["two", two, facts("")],
  ]);

export const carriers: Record<string, Scenario> = {
  "a carrier that asks for a password gets it (RFC 3261 22.3); the caller sees nothing of it, the record one attempt":
    async (world) => {
      const one = await itsp(world, 51, asking("acme", "s3cret!"));
      const caller = await world.ua("198.18.77.50");
      through(world, [["one", one, facts("l1")]]);
      world.own.logins = { one: "acme s3cret! " };
      const called = await world.call(caller, "5");
      assert.equal(called.answer.code, 200);
      assert.equal(one.invites.length, 2);
      const events = await world.server.waitEvents(called.callId, ["start", "answer"]);
      assert.deepEqual(
        events.map(({ kind }) => kind).filter((kind) => kind === "attempt"),
        [],
      );
      // Known from now on.
      const again = await world.call(caller, "5");
      assert.equal(again.answer.code, 200);
      assert.equal(world.own.loginsAsked, 1);
      assert.equal((await world.hangUp(caller, again)).code, 200);
    },

  "the events of a call say which carrier failed and which one answered": async (world) => {
    const one = await itsp(world, 51, final(503));
    const two = await itsp(world, 52, final(200));
    const caller = await world.ua("198.18.77.50");
    throughBoth(world, one, two);
    const called = await world.call(caller, "5");
    const events = await world.server.waitEvents(called.callId, ["start", "attempt", "answer"]);
    assert.deepEqual(
      events.map(({ kind, carrier, decided_by }) => [kind, carrier, decided_by]),
      [
        ["start", undefined, ""],
        ["attempt", "one", "own"],
        ["answer", "two", "own"],
      ],
    );
    assert.equal((await world.hangUp(caller, called)).code, 200);
  },

  "a carrier given by name is called by it, at the places that are known of it (RFC 3263 4.3); no call waits for DNS":
    async (world) => {
      // Nobody answers DNS here.
      const uri = "sip:0049@itsp.invalid";
      const silent = await itsp(world, 51, () => {});
      const one = await itsp(world, 52, asking("acme", "x"));
      const caller = await world.ua("198.18.77.50");
      through(world, [["one", one, facts("l1")]]);
      world.own.logins = { one: "acme x " };
      world.decides(() => ({
        ...toUri(),
        strategy: "serial",
        targets: [silent, one].map(({ ua }) => ({
          ...{ type: "uri", uri, carrier: "one" },
          via: `sip:${ua.host}:${ua.port}`,
        })),
      }));
      const called = await world.call(caller, "5");
      assert.equal(called.answer.code, 200);
      assert.ok(called.ms < 2000, `${called.ms} ms`);
      assert.deepEqual(
        [...new Set([...silent.invites, ...one.invites].map(({ first }) => first.split(" ")[1]))],
        [uri],
      );
      const events = await world.server.waitEvents(called.callId, ["start", "attempt", "answer"]);
      assert.deepEqual(
        events.map(({ kind, carrier, code }) => [kind, carrier, code]),
        [
          ["start", undefined, 0],
          ["attempt", "one", 408],
          ["answer", "one", 200],
        ],
      );
      // It was not silent as a whole.
      const sick = await kamailioRpc(
        world.server.context,
        "htable.dump",
        ["sick"],
        AbortSignal.timeout(2000),
      );
      assert.equal(numbersIn(sick).get("one"), 0);
      assert.equal((await world.hangUp(caller, called)).code, 200);
    },

  "a changed password is asked for anew; a wrong one leads to the next carrier": async (world) => {
    const one = await itsp(world, 51, asking("acme", "new"));
    const two = await itsp(world, 52, final(200));
    const caller = await world.ua("198.18.77.50");
    world.own.logins = { one: "acme old " };
    throughBoth(world, one, two, "l1");
    assert.equal((await world.call(caller, "5")).answer.code, 200);
    assert.equal(two.invites.length, 1);
    world.own.logins = { one: "acme new " };
    throughBoth(world, one, two, "l2");
    assert.equal((await world.call(caller, "5")).answer.code, 200);
    assert.equal(two.invites.length, 1);
  },

  "a challenge of another realm is not answered; with no other carrier the caller gets 502": async (
    world,
  ) => {
    const one = await itsp(world, 51, asking("acme", "x"));
    const caller = await world.ua("198.18.77.50");
    world.own.logins = { one: "acme x other.example" };
    through(world, [["one", one, facts("l1")]]);
    assert.equal((await world.call(caller, "5")).answer.code, 502);
    assert.equal(one.invites.length, 1);
  },

  "without any app the logins of before go on": async (world) => {
    const one = await itsp(world, 51, asking("acme", "x"));
    const caller = await world.ua("198.18.77.50");
    world.own.logins = { one: "acme x " };
    through(world, [["one", one, facts("l1")]]);
    assert.equal((await world.call(caller, "5")).answer.code, 200);
    world.own.stop();
    world.peer.stop();
    await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 200);
    const events = await world.server.waitEvents(called.callId, ["answer"]);
    assert.equal(events.find(({ kind }) => kind === "answer")?.decided_by, "last");
  },

  "the next carrier is tried after a fault of one, not after the called person's answer": async (world) => {
    const one = await itsp(world, 51, () => {});
    const two = await itsp(world, 52, final(200));
    const caller = await world.ua("198.18.77.50");
    throughBoth(world, one, two);
    for (const [code, expected] of [
      [503, 200],
      [486, 486],
      [404, 404],
      [603, 603],
      [403, 200],
    ] as const) {
      one.ua.onRequest = (request) => {
        if (request.method === "INVITE") final(code)(one.ua, request);
      };
      assert.equal((await world.call(caller, "5")).answer.code, expected, String(code));
    }
  },

  "a silent carrier costs a call its patience, three times; then it is left alone until its pause is over":
    async (world) => {
      const one = await itsp(world, 51, () => {});
      const two = await itsp(world, 52, final(200));
      const caller = await world.ua("198.18.77.50");
      through(world, [
        ["one", one, facts("")],
        ["two", two, facts("")],
      ]);
      for (let i = 0; i < 3; i++) assert.ok((await world.call(caller, "5")).ms >= 500);
      const before = one.invites.length;
      for (let i = 0; i < 5; i++) assert.equal((await world.call(caller, "5")).answer.code, 200);
      assert.equal(one.invites.length, before);
      // The pause is over, and it is well: one call finds that out.
      one.ua.onRequest = (request) => {
        if (request.method === "INVITE") one.invites.push(request);
        if (request.method !== "ACK") one.ua.reply(request, 200, "OK", { tag: "t" });
      };
      await kamailioRpc(world.server.context, "htable.seti", ["down", "one", 1], AbortSignal.timeout(2000));
      assert.equal((await world.call(caller, "5")).answer.code, 200);
      assert.equal((await world.call(caller, "5")).answer.code, 200);
      assert.equal(one.invites.length, before + 2);
    },

  "a target of a farm is known by the farm's name and its own address, and left alone when it is silent":
    async (world) => {
      const one = await itsp(world, 51, () => {});
      const two = await itsp(world, 52, final(200));
      const caller = await world.ua("198.18.77.50");
      through(world, [
        ["gw@198.18.77.51:5111", one, facts("")],
        ["gw@198.18.77.52:5112", two, facts("")],
      ]);
      for (let i = 0; i < 3; i++) assert.equal((await world.call(caller, "5")).answer.code, 200);
      const before = one.invites.length;
      const called = await world.call(caller, "5");
      assert.equal(one.invites.length, before);
      const events = await world.server.waitEvents(called.callId, ["answer"]);
      assert.equal(events.find(({ kind }) => kind === "answer")?.carrier, "gw@198.18.77.52:5112");
    },

  "where somebody's telephone has rung no other carrier is tried, unless the carrier's entry says so": async (
    world,
  ) => {
    const one = await itsp(world, 51, (ua, invite) => {
      ua.reply(invite, 180, "Ringing", { tag: "r" });
      setTimeout(() => ua.reply(invite, 503, "Gone", { tag: "r" }), 60);
    });
    const two = await itsp(world, 52, final(200));
    const caller = await world.ua("198.18.77.50");
    throughBoth(world, one, two);
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 500);
    assert.equal(two.invites.length, 0);
    const events = await world.server.waitEvents(called.callId, ["attempt", "fail"]);
    const attempt = events.find(({ kind }) => kind === "attempt");
    assert.equal(attempt?.carrier, "one");
    assert.ok((attempt?.ring_ms ?? -1) >= 0);
    through(world, [
      ["one", one, facts("", "n")],
      ["two", two, facts("")],
    ]);
    assert.equal((await world.call(caller, "5")).answer.code, 200);
  },

  "early media: passed on, or made a 180 without audio; it counts as ringing where the entry says so": async (
    world,
  ) => {
    const one = await itsp(world, 51, (ua, invite) => {
      ua.reply(invite, 183, "Progress", { tag: "r" });
      setTimeout(() => ua.reply(invite, 503, "Gone", { tag: "r" }), 60);
    });
    const two = await itsp(world, 52, final(200));
    const caller = await world.ua("198.18.77.50");
    const codes = async (ways: string) => {
      through(world, [
        ["one", one, facts("", ways)],
        ["two", two, facts("")],
      ]);
      const { callId, answer } = await world.call(caller, "5");
      const heard = caller.seen.filter(
        (message) => header(message, "Call-ID") === callId && message.code > 100,
      );
      return [answer.code, heard.some(({ code }) => code === 183), heard.some(({ code }) => code === 180)];
    };
    assert.deepEqual(await codes(""), [200, true, false]);
    assert.deepEqual(await codes("e"), [200, false, true]);
    assert.deepEqual(await codes("ek"), [500, false, true]);
  },

  "each carrier is told of callers in its own way (RFC 3325); hidden ones' numbers are for those who keep them":
    async (world) => {
      const one = await itsp(world, 51, final(200));
      const caller = await world.ua("198.18.77.50");
      const credentials = ({ user, realm }: { user: string; realm: string }) => ({
        user,
        ...ha1(user, realm, "pw"),
      });
      world.own.credentials = credentials;
      const got = async (ways: string, extra: string[] = [], more: object = {}) => {
        through(world, [["one", one, facts("", ways)]], { shows: "0049301" });
        await world.call(caller, "5", { extra, ...more });
        const invite = one.invites.at(-1);
        assert.ok(invite);
        const user = (name: string) => /<sip:([^@>]*)/.exec(header(invite, name))?.[1];
        return [
          user("From"),
          user("P-Asserted-Identity"),
          user("Remote-Party-ID"),
          header(invite, "Privacy"),
        ];
      };
      assert.deepEqual(await got(""), ["0049301", undefined, undefined, ""]);
      assert.deepEqual(await got("ar"), ["0049301", "0049301", "0049301", ""]);
      assert.deepEqual(await got("a", ["P-Asserted-Identity: <sip:1@forged.example>"]), [
        "0049301",
        "0049301",
        undefined,
        "",
      ]);
      assert.deepEqual(await got("ar", ["Privacy: id"]), ["anonymous", undefined, undefined, "id"]);
      const ada = { from: "<sip:101@198.18.77.100>", user: "101", password: "pw" };
      assert.deepEqual(await got("a", ["Privacy: id"], ada), ["anonymous", undefined, undefined, "id"]);
      assert.deepEqual(await got("at", ["Privacy: id"], ada), ["anonymous", "0049301", undefined, "id"]);
    },

  "when all carriers are down one is tried nevertheless": async (world) => {
    const one = await itsp(world, 51, final(200));
    const caller = await world.ua("198.18.77.50");
    through(world, [["one", one, facts("")]]);
    const until_s = Math.floor(Date.now() / 1000) + 60;
    await kamailioRpc(
      world.server.context,
      "htable.seti",
      ["down", "one", until_s],
      AbortSignal.timeout(2000),
    );
    assert.equal((await world.call(caller, "5")).answer.code, 200);
  },
};
