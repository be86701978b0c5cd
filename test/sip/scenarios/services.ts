import { strict as assert } from "node:assert";
import { invite, respond, service } from "../call.ts";
import { authorize, header, headers, type SipMessage, tagOf, token, type Ua } from "../ua.ts";
import { rejected, type Scenario, toUri, until, type World } from "../world.ts";

/** Requests of no call that rules send to a farm: MESSAGE, SUBSCRIBE, PUBLISH, NOTIFY. */

interface Server {
  ua: Ua;
  got: SipMessage[];
  /** What it answers. */
  code: number;
}

async function server(world: World, at: number): Promise<Server> {
  const ua = await world.ua(`198.18.77.${at}`, 5060 + at);
  const made: Server = { ua, got: [], code: 200 };
  const tag = token();
  ua.onRequest = (request) => {
    made.got.push(request);
    if (made.code > 0) respond(ua, request, `${made.code} Whatever`, tag, "", { extra: ["Expires: 600"] });
  };
  return made;
}

/** Both apps send requests to these targets of a farm, in this order. */
function toFarm(world: World, ...all: Server[]): void {
  const facts = (name: string) => ({ name, login: "", waitMs: 600, nextOn: ["408", "5xx"] });
  world.own.carriers = facts;
  world.peer.carriers = facts;
  world.decides((question) =>
    question.method === undefined
      ? rejected(404)
      : {
          ...toUri(),
          targets: all.map(({ ua }) => ({
            ...{ type: "uri", uri: `sip:7@${ua.host}:${ua.port}` },
            carrier: `farm@${ua.host}:${ua.port}`,
            headers: { "X-Farm": "yes" },
          })),
        },
  );
}

const request = (ua: Ua, method: string, options: Parameters<typeof invite>[2] = {}) => {
  const made = invite(ua, "7", options);
  return { ...made, text: made.text.replaceAll("INVITE", method) };
};

async function sent(ua: Ua, method: string, options: Parameters<typeof invite>[2] = {}) {
  const made = request(ua, method, options);
  ua.send(made.text, service);
  const answer = await ua.wait(
    `an answer to ${method}`,
    (m) =>
      m.code >= 200 &&
      header(m, "Call-ID") === made.callId &&
      header(m, "CSeq").startsWith(`${options.cseq ?? 1} `),
  );
  return { ...made, answer };
}

export const services: Record<string, Scenario> = {
  "requests of no call go where rules send them, to the next target when one fails, and into no journal":
    async (world) => {
      const one = await server(world, 51);
      const two = await server(world, 52);
      const caller = await world.ua("198.18.77.50");
      toFarm(world, one, two);
      for (const method of ["MESSAGE", "PUBLISH", "SUBSCRIBE", "NOTIFY"]) {
        const { answer, callId } = await sent(caller, method);
        assert.equal(answer.code, 200, method);
        const got = one.got.at(-1);
        assert.equal(got?.method, method);
        assert.equal(got && header(got, "X-Farm"), "yes");
        assert.equal(world.own.questions.at(-1)?.method, method);
        assert.deepEqual(world.server.events(callId), []);
      }
      assert.equal(two.got.length, 0);
      one.code = 503;
      for (let i = 0; i < 3; i++) assert.equal((await sent(caller, "MESSAGE")).answer.code, 200);
      assert.equal(two.got.length, 3);
      // The third time in a row: it is left alone.
      const before = one.got.length;
      assert.equal((await sent(caller, "MESSAGE")).answer.code, 200);
      assert.equal(one.got.length, before);
      two.code = 404;
      assert.equal((await sent(caller, "MESSAGE")).answer.code, 404);
    },

  "a silent target costs its patience; when no rule is for it a request gets 405, without any app 503":
    async (world) => {
      const one = await server(world, 51);
      const two = await server(world, 52);
      const caller = await world.ua("198.18.77.50");
      toFarm(world, one, two);
      one.code = 0;
      assert.equal((await sent(caller, "MESSAGE")).answer.code, 200);
      world.decides(() => rejected(405));
      assert.equal((await sent(caller, "MESSAGE")).answer.code, 405);
      world.own.stop();
      world.peer.stop();
      await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
      assert.equal((await sent(caller, "MESSAGE")).answer.code, 503);
    },

  "a subscription (RFC 6665) goes its way through us: its NOTIFY to the subscriber, what renews it to the same target":
    async (world) => {
      const one = await server(world, 51);
      const two = await server(world, 52);
      const caller = await world.ua("198.18.77.50");
      caller.onRequest = (got) => caller.reply(got, 200, "OK");
      toFarm(world, one, two);
      const subscribed = await sent(caller, "SUBSCRIBE", { extra: ["Event: presence", "Expires: 600"] });
      const [first] = one.got;
      assert.ok(first);
      const remote = header(subscribed.answer, "To");
      const routes = headers(first, "Record-Route");
      assert.ok(routes.length > 0);
      const notify = [
        `NOTIFY sip:caller@${caller.host}:${caller.port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${one.ua.host}:${one.ua.port};branch=z9hG4bK${token()}`,
        "Max-Forwards: 70",
        ...routes.map((route) => `Route: ${route}`),
        `From: ${remote}`,
        `To: ${header(first, "From")}`,
        `Call-ID: ${subscribed.callId}`,
        "CSeq: 1 NOTIFY",
        `Contact: <sip:${one.ua.host}:${one.ua.port}>`,
        "Event: presence",
        "Subscription-State: active",
        "Content-Length: 0",
      ];
      one.ua.send(`${notify.join("\r\n")}\r\n\r\n`, service);
      const answer = await one.ua.wait(
        "the answer to NOTIFY",
        (m) => header(m, "CSeq") === "1 NOTIFY" && m.code > 0,
      );
      assert.equal(answer.code, 200);
      assert.equal(
        caller.seen.some(({ method }) => method === "NOTIFY"),
        true,
      );
      // Whatever the rules say by now.
      world.decides(() => rejected(404));
      const asked = world.own.questions.length;
      const renewed = [
        `SUBSCRIBE sip:${one.ua.host}:${one.ua.port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${caller.host}:${caller.port};branch=z9hG4bK${token()};rport`,
        "Max-Forwards: 70",
        ...headers(subscribed.answer, "Record-Route")
          .toReversed()
          .map((route) => `Route: ${route}`),
        `From: ${header(first, "From")}`,
        `To: ${remote}`,
        `Call-ID: ${subscribed.callId}`,
        "CSeq: 2 SUBSCRIBE",
        `Contact: <sip:caller@${caller.host}:${caller.port}>`,
        "Event: presence",
        "Expires: 600",
        "Content-Length: 0",
      ];
      caller.send(`${renewed.join("\r\n")}\r\n\r\n`, service);
      const again = await caller.wait(
        "the answer to the renewal",
        (m) => header(m, "CSeq") === "2 SUBSCRIBE" && m.code > 0,
      );
      assert.equal(again.code, 200);
      assert.equal(tagOf(header(again, "To")), tagOf(remote));
      assert.deepEqual([one.got.length, two.got.length], [2, 0]);
      assert.equal(world.own.questions.length, asked);
    },

  "who sends requests of no call in the name of a user of ours must prove it, as a caller": async (world) => {
    const one = await server(world, 51);
    const caller = await world.ua("198.18.77.50");
    toFarm(world, one);
    const options = { from: "<sip:101@198.18.77.100>" };
    const first = await sent(caller, "MESSAGE", options);
    assert.equal(first.answer.code, 407);
    assert.equal(one.got.length, 0);
    const credentials = authorize(
      header(first.answer, "Proxy-Authenticate"),
      "101",
      "pw-101",
      "MESSAGE",
      first.uri,
    );
    const again = await sent(caller, "MESSAGE", {
      ...options,
      cseq: 2,
      callId: first.callId,
      fromTag: first.fromTag,
      extra: [`Proxy-Authorization: ${credentials}`],
    });
    assert.equal(again.answer.code, 200);
    assert.equal(world.own.questions.at(-1)?.user, "101");
    const [got] = one.got;
    assert.equal(got && header(got, "Proxy-Authorization"), "");
  },
};
