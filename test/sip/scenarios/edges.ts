import { strict as assert } from "node:assert";
import { FakeRelay } from "../fake-relay.ts";
import type { Ua } from "../ua.ts";
import type { Scenario, World } from "../world.ts";
import { address6, phone as registered, talk as talkBy, toUser } from "./ipv6.ts";

/** A real edge before the node, with an address of each family: hosts.e.address6 of cluster.yaml. */

const edge6 = "fd00:77::14";
const door = (ua: Ua) => ({ address: ua.host.startsWith("[") ? edge6 : "198.18.77.14", port: 5060 });
const familyIn = (text: string | undefined): string | undefined =>
  /14:address.family3:(IP\d)/.exec(text ?? "")?.[1];

const phone = (world: World, address: string): Promise<Ua> => registered(world, address, undefined, door);

async function talk(world: World, caller: Ua, callee: Ua, offers: boolean): Promise<string> {
  const { callId } = await talkBy(caller, callee, "101", door, offers);
  const [start] = await world.server.waitEvents(callId, ["start", "answer", "end"]);
  assert.equal(start?.source, `${caller.host}:${caller.port}`);
  return callId;
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
