import { strict as assert } from "node:assert";
import { header, headers, type SipMessage, token, type Ua } from "../ua.ts";
import { rejected, type Scenario, toUri, type World } from "../world.ts";
import { called, ringing } from "./branches.ts";

/** Which failure the caller gets: RFC 3261 16.7, and what each answer's own RFC wants. */

interface Failure {
  extra?: string[];
  contact?: string;
  /** After a 180. */
  rings?: boolean;
  /** Only when this caller has heard another telephone ring. */
  after?: Ua;
}

/** A telephone that fails in its own way. */
async function failing(
  world: World,
  at: number,
  code: number,
  { rings, after, ...options }: Failure = {},
): Promise<string> {
  const address = `198.18.77.${at}`;
  const port = 5070 + at;
  const ua = await world.ua(address, port);
  const tag = token();
  ua.onRequest = async (request) => {
    if (request.method === "INVITE") {
      if (rings) ua.reply(request, 180, "Ringing", { tag });
      if (after) await world.anotherRings(after, request, tag);
      ua.reply(request, code, "Reason", { tag, ...options });
    }
    if (request.method === "CANCEL") ua.reply(request, 200, "OK", { tag });
  };
  return `sip:x@${address}:${port}`;
}

const silent = { type: "uri", uri: "sip:x@198.18.77.54:5999", timeout_ms: 500 };

/** The answer to a call to these targets. */
async function answerOf(
  world: World,
  caller: Ua,
  strategy: "serial" | "parallel",
  targets: unknown[],
  more: Record<string, unknown> = {},
): Promise<SipMessage> {
  world.decides(() => ({ ...toUri(), strategy, targets, ...more }));
  return (await world.call(caller, token())).answer;
}

const uri = (address: string) => ({ type: "uri", uri: address, timeout_ms: 800 });

/** Decides by number; the rest gets 404. */
const byNumber =
  (decisions: Record<string, unknown>) =>
  ({ number }: Record<string, unknown>) =>
    decisions[String(number)] ?? rejected(404);

export const answers: Record<string, Scenario> = {
  "busy is told also when others are silent, switched off or gone (RFC 3261 16.7 step 6)": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const busy = uri(await failing(world, 51, 486));
    const off = uri(await failing(world, 52, 480));
    const gone = uri(await failing(world, 53, 404, { rings: true }));
    const broken = uri(await failing(world, 11, 503));
    const cases: [unknown[], number][] = [
      [[busy, silent], 486],
      [[silent, busy], 486],
      [[busy, off], 486],
      [[off, busy], 486],
      [[gone, busy, broken], 486],
      [[off, silent], 480],
      [[broken, gone], 404],
      [[gone, broken], 404],
      [[silent, broken], 408],
      [[broken, silent], 408],
      // What one can not do now says nothing about the others.
      [[broken], 500],
    ];
    for (const [targets, code] of cases)
      for (const strategy of ["serial", "parallel"] as const) {
        const answer = await answerOf(world, caller, strategy, targets);
        assert.equal(answer.code, code, `${strategy} ${JSON.stringify(targets)}: ${answer.first}`);
        const told = await world.server.waitEvents(header(answer, "Call-ID"), ["start", "fail"]);
        assert.equal(told.find((event) => event.kind === "fail")?.code, code);
      }
  },

  "answers that ask for another try reach the caller with what they ask for (RFC 3261 8.1.3.5, 16.7; 4028 7.3)":
    async (world) => {
      const caller = await world.ua("198.18.77.50");
      const busy = uri(await failing(world, 51, 486));
      const cases: [number, string, string][] = [
        [422, "Min-SE", "1800"],
        [420, "Unsupported", "100rel"],
        [415, "Accept", "application/sdp"],
        [488, "Warning", '304 x "Media type not available"'],
        [302, "Contact", "<sip:elsewhere@203.0.113.9>"],
      ];
      let at = 12;
      for (const [code, name, value] of cases) {
        const options = name === "Contact" ? { contact: value } : { extra: [`${name}: ${value}`] };
        const target = uri(await failing(world, at, code, options));
        at = at === 12 ? 13 : at === 13 ? 52 : at + 1;
        const orders: [unknown[], "serial" | "parallel"][] = [
          [[target], "serial"],
          [[target, silent], "serial"],
          [[target, silent], "parallel"],
          // Busy says more than 488.
          ...(code === 488
            ? []
            : [
                [[busy, target], "serial"] as [unknown[], "serial"],
                [[target, busy], "parallel"] as [unknown[], "parallel"],
              ]),
        ];
        for (const [targets, strategy] of orders) {
          const answer = await answerOf(world, caller, strategy, targets);
          assert.equal(answer.code, code, `${strategy} ${JSON.stringify(targets)}: ${answer.first}`);
          assert.equal(header(answer, name), value, `${strategy} ${JSON.stringify(targets)}`);
          assert.equal(headers(answer, name).length, 1);
        }
      }
    },

  "a target that wants credentials is passed over for what the others say; alone it is 502": async (
    world,
  ) => {
    const caller = await world.ua("198.18.77.50");
    const challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="1"';
    const wants = uri(await failing(world, 51, 407, { extra: [challenge] }));
    const busy = uri(await failing(world, 52, 486));
    const timer = uri(await failing(world, 53, 422, { extra: ["Min-SE: 1800"] }));
    for (const strategy of ["serial", "parallel"] as const) {
      for (const [targets, code] of [
        [[wants], 502],
        [[wants, busy], 486],
        [[busy, wants], 486],
        [[wants, silent], 408],
        [[wants, timer], 422],
      ] as const) {
        const answer = await answerOf(world, caller, strategy, [...targets]);
        assert.equal(answer.code, code, `${strategy} ${JSON.stringify(targets)}: ${answer.first}`);
        assert.deepEqual(headers(answer, "Proxy-Authenticate"), []);
        if (code === 422) assert.equal(header(answer, "Min-SE"), "1800");
      }
    }
  },

  "a 6xx of one telephone cancels the others and is handed back (RFC 3261 16.7 step 5)": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const other = await ringing(world, "198.18.77.51", 5070);
    const decline = uri(await failing(world, 52, 603, { rings: true, after: caller }));
    const answer = await answerOf(world, caller, "parallel", [uri("sip:1@198.18.77.51:5070"), decline]);
    assert.equal(answer.code, 603);
    await other.wait("its CANCEL", (m) => m.method === "CANCEL");
    const next = await world.phone("198.18.77.53", 5072, 200);
    const alone = uri(await failing(world, 54, 603, { rings: true }));
    assert.equal(
      (await answerOf(world, caller, "serial", [alone, uri("sip:1@198.18.77.53:5072")])).code,
      603,
    );
    assert.equal(next.seen.length, 0);
  },

  "a redirection is followed where the rule says so: to a number here, an address, with q; the record shows it":
    async (world) => {
      const caller = await world.ua("198.18.77.50");
      const desk = await world.phone("198.18.77.51", 5070, 180, 200);
      const away = await failing(world, 52, 302, { contact: "Desk <sip:2000@198.18.77.100>;q=0.5" });
      const routes = byNumber({
        "1000": { ...toUri(away), redirects: "follow" },
        "2000": toUri("sip:desk@198.18.77.51:5070"),
        "3000": { ...toUri(away), redirects: "return" },
      });
      world.decides(routes);
      const asked = world.own.asked;
      const one = await world.call(caller, "1000");
      assert.equal(one.answer.code, 200);
      assert.deepEqual(called(desk), ["sip:desk@198.18.77.51:5070"]);
      assert.equal(world.own.asked - asked, 2, "the number was asked about");
      const events = await world.server.waitEvents(one.callId, ["start", "attempt", "answer"]);
      const attempt = events.find((event) => event.kind === "attempt");
      assert.deepEqual([attempt?.code, attempt?.target], [302, away]);
      await world.hangUp(caller, one);
      const two = await world.call(caller, "3000");
      assert.equal(two.answer.code, 302);
      assert.equal(header(two.answer, "Contact"), "Desk <sip:2000@198.18.77.100>;q=0.5");

      // Of several the highest q, tel: as a number here; other branches ring on meanwhile.
      const many = await failing(world, 53, 300, {
        contact: "<sip:low@198.18.77.54:5074>;q=0.1, <tel:2000>;q=0.9, <sip:also@198.18.77.54:5075>;q=0.9",
      });
      const other = await ringing(world, "198.18.77.54", 5073);
      const low = await ringing(world, "198.18.77.54", 5074);
      const also = await ringing(world, "198.18.77.54", 5075);
      world.decides((question) =>
        question.number === "2000"
          ? toUri("sip:desk@198.18.77.51:5070")
          : { ...toUri(many, "sip:other@198.18.77.54:5073"), strategy: "parallel", redirects: "follow" },
      );
      const three = await world.call(caller, "1001");
      assert.equal(three.answer.code, 200);
      await other.wait("its CANCEL", (m) => m.method === "CANCEL");
      await also.wait("its INVITE", (m) => m.method === "INVITE");
      // RFC 5806: who was called finds out by whom it was sent on; the rule's own target was not.
      const diversions = (ua: Ua) => headers(ua.seen.find((m) => m.method === "INVITE") ?? "", "Diversion");
      assert.deepEqual(diversions(also), ["<sip:1001@198.18.77.100>;reason=unknown;counter=1"]);
      assert.deepEqual([diversions(other), diversions(desk)], [[], []]);
      assert.equal(low.seen.length, 0);
      await world.hangUp(caller, three);
    },

  "a redirection that leads nowhere, to itself or in a circle ends; what comes of it is the answer": async (
    world,
  ) => {
    const caller = await world.ua("198.18.77.50");
    const itself = await failing(world, 51, 302, { contact: "<sip:x@198.18.77.51:5121>" });
    assert.equal(itself, "sip:x@198.18.77.51:5121");
    const follow = { redirects: "follow" };
    const looped = await answerOf(world, caller, "serial", [uri(itself)], follow);
    assert.equal(looped.code, 302, looped.first);
    const busy = await failing(world, 52, 486);
    const toBusy = await failing(world, 53, 302, { contact: `<${busy}>` });
    assert.equal((await answerOf(world, caller, "serial", [uri(toBusy)], follow)).code, 486);
    assert.equal((await answerOf(world, caller, "serial", [uri(toBusy), silent], follow)).code, 486);
    const nothing = await failing(world, 54, 302, { contact: "<mailto:x@example.com>" });
    assert.equal((await answerOf(world, caller, "serial", [uri(nothing), silent], follow)).code, 302);
    // Two numbers that lead to each other.
    const toB = await failing(world, 12, 302, { contact: "<sip:2000@198.18.77.100>" });
    const toA = await failing(world, 13, 302, { contact: "<sip:1000@198.18.77.100>" });
    world.decides(byNumber({ "1000": { ...toUri(toB), ...follow }, "2000": { ...toUri(toA), ...follow } }));
    const circle = await world.call(caller, "1000");
    assert.equal(circle.answer.code, 482, circle.answer.first);
  },
};
