import { strict as assert } from "node:assert";
import { inDialog, inDialogCallee, invite, respond, service } from "../call.ts";
import { header, headers, type SipMessage, token, type Ua } from "../ua.ts";
import { kinds, rejected, type Scenario, toUri, until, type World } from "../world.ts";
import { registrar, rpc } from "./carrier-registrations.ts";

/** REGISTER and OPTIONS that rules send to a farm, and the way back to the telephones that registered there. */

/** Some rule is for these, as the agent says; both apps send them to these targets. */
async function sentOn(world: World, methods: readonly string[], ...ports: string[]): Promise<void> {
  for (const method of methods) await rpc(world, "htable.seti", "state", method, 1);
  const facts = (name: string) => ({ name, login: "", waitMs: 600, nextOn: ["408", "5xx", "4xx"] });
  world.own.carriers = facts;
  world.peer.carriers = facts;
  world.decides((question) =>
    typeof question.method === "string" && methods.includes(question.method)
      ? {
          ...toUri(),
          targets: ports.map((at) => ({ type: "uri", uri: `sip:x@${at}`, carrier: `farm@${at}` })),
        }
      : question.method === undefined
        ? rejected(404)
        : { ...rejected(405), rule: "none" },
  );
}

/** Behind a NAT: nobody is at the address that its Contact has. */
const behindNat = "<sip:acme@10.9.8.7:5060>";

/** The Path that the registrar keeps. */
async function registered(world: World, phone: Ua, got: SipMessage[], contact = behindNat): Promise<string> {
  assert.equal((await world.register(phone, "acme", "secret", service, { contact })).code, 200);
  const last = got.at(-1);
  assert.ok(last);
  return header(last, "Path");
}

/** What the registrar sends to a telephone. */
function toPhone(farm: Ua, path: string, method = "INVITE", uri = "sip:acme@10.9.8.7:5060") {
  const made = invite(farm, "acme", { uri, extra: [`Route: ${path}`] });
  farm.send(made.text.replaceAll("INVITE", method), service);
  return {
    ...made,
    answer: farm.wait(
      `an answer to ${method}`,
      (m) => m.code >= 200 && header(m, "Call-ID") === made.callId && header(m, "CSeq") === `1 ${method}`,
    ),
  };
}

export const registrarFarms: Record<string, Scenario> = {
  "a telephone registers at a farm's registrar, which asks for its password; REGISTER goes to the same one twice, to the next when it is silent":
    async (world) => {
      const got = await registrar(world, "secret");
      const phone = await world.ua("198.18.77.50");
      // Nobody is at the first one.
      await sentOn(world, ["REGISTER"], "198.18.77.52:5070", "198.18.77.51:5070");
      const answer = await world.register(phone, "acme", "secret");
      assert.equal(answer.code, 200);
      assert.equal(got.length, 2);
      const [, last] = got;
      assert.ok(last);
      // For its credentials are for that.
      assert.equal(last.first, "REGISTER sip:198.18.77.100 SIP/2.0");
      assert.match(header(last, "Supported"), /path/);
      assert.match(header(last, "Path"), /^<sip:198\.18\.77\.100:5060;lr;fl=.*;h=[0-9a-f]{32}>$/);
      const question = world.own.questions.at(-1);
      assert.deepEqual([question?.method, question?.number, question?.user], ["REGISTER", "acme", undefined]);
      // Not here.
      await assert.rejects(rpc(world, "ul.lookup", "location", "acme"), /not found/);
      assert.equal((await world.register(phone, "acme", "wrong")).code, 403);
    },

  "the farm's call comes back by Path to a telephone behind a NAT, as a call of its own; a forged or changed token gets nowhere":
    async (world) => {
      const got = await registrar(world, "secret");
      const phone = await world.ua("198.18.77.50");
      const farm = await world.ua("198.18.77.53", 5070);
      await sentOn(world, ["REGISTER"], "198.18.77.51:5070");
      const path = await registered(world, phone, got);
      const tag = token();
      phone.onRequest = (request) => {
        if (request.method === "ACK") return;
        if (request.method === "INVITE") respond(phone, request, "200 OK", tag, "", { contact: behindNat });
        else phone.reply(request, 200, "OK", { tag });
      };
      const asked = world.own.questions.length;
      const call = toPhone(farm, path);
      const answer = await call.answer;
      assert.equal(answer.code, 200);
      assert.equal(world.own.questions.length, asked);
      farm.send(inDialog(farm, answer, "ACK", 1), service);
      const [reached] = phone.seen.filter(({ method }) => method === "INVITE");
      assert.ok(reached);
      assert.equal(reached.first, "INVITE sip:acme@10.9.8.7:5060 SIP/2.0");
      // In the call too, in both directions.
      farm.send(inDialog(farm, answer, "INFO", 2), service);
      const info = await farm.wait("the answer to INFO", (m) => header(m, "CSeq") === "2 INFO" && m.code > 0);
      assert.equal(info.code, 200);
      farm.onRequest = (request) => farm.reply(request, 200, "OK", { tag: call.fromTag });
      phone.send(inDialogCallee(phone, reached, tag, "BYE", 7), service);
      const bye = await phone.wait("the answer to BYE", (m) => header(m, "CSeq") === "7 BYE" && m.code > 0);
      assert.equal(bye.code, 200);
      await until("it stands in the journal", () =>
        ["answer end start", "answer confirm end start"].includes(kinds(world.server.events(call.callId))),
      );
      const before = phone.seen.length;
      const victim = await world.phone("198.18.77.54", 5070, 200);
      for (const forged of [
        path.replace(/198%2E18%2E77%2E50|198\.18\.77\.50/, "198.18.77.54"),
        path.replace(/fl=[^;]*/, "fl=sip%3A198.18.77.54%3A5070"),
        path.replace(/;h=[^>]*/, ";h="),
        path.replace(/;h=/, `;pa=%3Csip%3A198.18.77.54%3A5070%3Blr%3E;h=`),
      ]) {
        assert.notEqual(forged, path);
        assert.equal((await toPhone(farm, forged).answer).code, 403, forged);
      }
      // Wherever else Route or the request URI points: to the telephone of the token alone.
      const more = toPhone(farm, `${path}, <sip:198.18.77.54:5070;lr>`, "INVITE", "sip:x@198.18.77.54:5070");
      assert.equal((await more.answer).code, 200);
      assert.deepEqual(victim.seen, []);
      assert.equal(phone.seen.length, before + 1);
    },

  "also other requests of the farm: OPTIONS, MESSAGE, NOTIFY; over a connection that has gone 430 (RFC 5626)":
    async (world) => {
      const got = await registrar(world, "secret");
      const farm = await world.ua("198.18.77.53", 5070);
      await sentOn(world, ["REGISTER"], "198.18.77.51:5070");
      const phone = await world.tcpUa("198.18.77.50");
      world.answers(phone, 200);
      const path = await registered(world, phone, got);
      assert.match(path, /transport/);
      for (const method of ["OPTIONS", "MESSAGE", "NOTIFY"]) {
        assert.equal((await toPhone(farm, path, method).answer).code, 200, method);
        assert.equal(phone.seen.at(-1)?.method, method);
      }
      assert.equal((await toPhone(farm, path).answer).code, 200);
      phone.close();
      const codeOrNothing = () =>
        toPhone(farm, path, "OPTIONS").answer.then(
          ({ code }) => code,
          () => undefined,
        );
      // One that is written to it before that is known has no answer.
      await until("the connection is known to be gone", async () => (await codeOrNothing()) === 430, 15_000);
      assert.equal((await toPhone(farm, path).answer).code, 430);
    },

  "a telephone behind another proxy: its Path stands in ours, and is the Route of what comes back": async (
    world,
  ) => {
    const got = await registrar(world, "secret");
    const farm = await world.ua("198.18.77.53", 5070);
    const proxy = await world.phone("198.18.77.54", 5070, 200);
    const phone = await world.ua("198.18.77.50");
    await sentOn(world, ["REGISTER"], "198.18.77.51:5070");
    const before = "<sip:198.18.77.54:5070;lr;received=sip:198.18.77.50:9>";
    const extra = [`Path: ${before}`];
    assert.equal((await world.register(phone, "acme", "secret", service, { extra })).code, 200);
    const last = got.at(-1);
    assert.ok(last);
    assert.equal(headers(last, "Path").length, 1);
    assert.equal((await toPhone(farm, header(last, "Path")).answer).code, 200);
    const [reached] = proxy.seen;
    assert.ok(reached);
    assert.deepEqual(headers(reached, "Route"), [before]);
  },

  "users of ours register here where no rule is for them, also while no app answers; strangers get 503 then":
    async (world) => {
      const phone = await world.ua("198.18.77.50");
      await sentOn(world, ["OPTIONS"], "198.18.77.51:5070");
      await rpc(world, "htable.seti", "state", "REGISTER", 1);
      assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      assert.equal(world.own.questions.at(-1)?.method, "REGISTER");
      assert.ok((await rpc(world, "ul.lookup", "location", "101")).length > 0);
      world.own.stop();
      world.peer.stop();
      await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
      assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      const made = invite(phone, "x", { from: "<sip:zoe@198.18.77.100>" });
      phone.send(
        made.text.replaceAll("INVITE", "REGISTER").replace(/To: .*/, "To: <sip:zoe@198.18.77.100>"),
        service,
      );
      const answer = await phone.wait(
        "an answer",
        (m) => m.code >= 200 && header(m, "Call-ID") === made.callId,
      );
      assert.equal(answer.code, 503);
    },

  "OPTIONS about a number goes where rules send it, and is answered here for all others": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const farm = await world.phone("198.18.77.51", 5070, 200);
    const ask = async (number: string) => {
      const made = invite(caller, number, { from: "<sip:101@198.18.77.100>" });
      caller.send(made.text.replaceAll("INVITE", "OPTIONS"), service);
      return caller.wait("an answer", (m) => m.code >= 200 && header(m, "Call-ID") === made.callId);
    };
    assert.equal((await ask("7")).code, 200);
    assert.equal(world.own.questions.length + farm.seen.length, 0);
    await sentOn(world, ["OPTIONS"], "198.18.77.51:5070");
    assert.equal((await ask("7")).code, 200);
    assert.equal(farm.seen.length, 1);
    assert.equal(farm.seen[0]?.first, "OPTIONS sip:x@198.18.77.51:5070 SIP/2.0");
    world.decides(() => ({ ...rejected(405), rule: "none" }));
    const here = await ask("7");
    assert.deepEqual([here.code, farm.seen.length], [200, 1]);
    assert.match(header(here, "Allow"), /INVITE/);
    world.decides(() => rejected(405));
    assert.equal((await ask("7")).code, 405);
  },
};
