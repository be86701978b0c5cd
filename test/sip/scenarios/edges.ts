import { strict as assert } from "node:assert";
import { hostIn } from "../../../src/base/host-in.ts";
import { inDialog, inDialogCallee, invite, respond, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, type SipMessage, tagOf, token, type Ua } from "../ua.ts";
import type { Scenario, World } from "../world.ts";
import { isInvite } from "./branches.ts";
import { address6, toUser } from "./ipv6.ts";
import { sdp } from "./media.ts";

/** A real edge before the node, with an address of each family: hosts.e.address6 of cluster.yaml. */

const edge6 = "fd00:77::14";
const door = (ua: Ua) => ({ address: ua.host.startsWith("[") ? edge6 : "198.18.77.14", port: 5060 });
const familyIn = (text: string | undefined): string | undefined =>
  /14:address.family3:(IP\d)/.exec(text ?? "")?.[1];

/** A telephone that is registered as 101 through the edge; with `late` its offer is in its 200. */
async function phone(world: World, address: string): Promise<Ua> {
  const ua = await world.ua(address, 5070);
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "ACK") return;
    const invited = request.method === "INVITE";
    respond(ua, request, "200 OK", tag, invited ? sdp(address, 5002) : "");
  };
  const answer = await world.register(ua, "101", "pw-101", door(ua));
  assert.equal(answer.code, 200, answer.first);
  return ua;
}

async function talk(world: World, caller: Ua, callee: Ua, offer: boolean): Promise<string> {
  const place = door(caller);
  const made = invite(caller, "101", { uri: `sip:101@${hostIn(place.address)}` });
  const mine = (m: SipMessage) => header(m, "Call-ID") === made.callId;
  caller.send(offer ? withBody(made.text, sdp(caller.address, 4002)) : made.text, place);
  const answer = await caller.wait("a final answer", (m) => m.code >= 200 && mine(m));
  assert.equal(answer.code, 200, answer.first);
  caller.send(inDialog(caller, answer, "ACK", 1), place);
  await callee.wait("ACK", (m) => m.method === "ACK" && mine(m));
  const got = callee.seen.find((m) => isInvite(m) && mine(m));
  assert.ok(got);
  caller.onRequest = (request) => caller.reply(request, 200, "OK");
  const tag = tagOf(header(answer, "To")) ?? "";
  callee.send(inDialogCallee(callee, got, tag, "INFO", 7), door(callee));
  await callee.wait("the answer to INFO", (m) => m.code === 200 && header(m, "CSeq") === "7 INFO" && mine(m));
  caller.send(inDialog(caller, answer, "BYE", 10), place);
  await caller.wait("the answer to BYE", (m) => m.code === 200 && header(m, "CSeq") === "10 BYE" && mine(m));
  await callee.wait("BYE", (m) => m.method === "BYE" && mine(m));
  const [start] = await world.server.waitEvents(made.callId, ["start", "answer", "end"]);
  assert.equal(start?.source, `${caller.host}:${caller.port}`);
  return made.callId;
}

const all: Record<string, Scenario> = {
  "edge: telephones of either family register and call each other through it, each is offered its own family (RFC 3327, RFC 6157)":
    async (world) => {
      const relay = await FakeRelay.start();
      try {
        world.decides(() => toUser);
        for (const called of ["fd00:77::51", "198.18.77.51"]) {
          const callee = await phone(world, called);
          for (const calling of ["fd00:77::50", "198.18.77.50"]) {
            const caller = await world.ua(calling);
            for (const offer of [true, false]) {
              const callId = await talk(world, caller, callee, offer);
              const first = relay.texts.find((t) => t.includes("7:command5:offer") && t.includes(callId));
              assert.ok(first);
              const wanted = (offer ? called : calling).includes(":") ? "IP6" : "IP4";
              assert.equal(familyIn(first), wanted, `${calling} to ${called}, offer first: ${offer}`);
            }
          }
          const gone = { contact: "*", extra: ["Expires: 0"] };
          await world.register(callee, "101", "pw-101", door(callee), gone);
        }
      } finally {
        relay.stop();
      }
    },
};

export const edges = Object.fromEntries(
  Object.entries(all).map(([name, run]) => [name, { run, sip: {}, address6, edge6 }] as const),
);
