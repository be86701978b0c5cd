import { strict as assert } from "node:assert";
import { CarrierWatch } from "../../../src/agent/calls/carrier-watch.ts";
import { parametersOf, registrationsIn } from "../../../src/agent/calls/registering.ts";
import { Registrar } from "../../../src/agent/calls/registrar.ts";
import { hostIn } from "../../../src/base/host-in.ts";
import { service6 } from "../call.ts";
import { header, headers } from "../ua.ts";
import { type Scenario, toUri, until } from "../world.ts";
import { isInvite, ringing } from "./branches.ts";
import { acme, registrar, rpc } from "./carrier-registrations.ts";
import { address6, four, phone, six, toUser } from "./ipv6.ts";

/** What a service with IPv6 sends by itself: registrations, OPTIONS, CANCEL. */

const outward: Record<string, Scenario> = {
  "IPv6: a registration at a carrier leaves from the service address of that family, and names it as Contact, where its calls arrive (RFC 3261 10.2.1)":
    async (world) => {
      const got = await registrar(world, "secret", six);
      const agent = new Registrar(world.server.context, () => undefined);
      const wanted = { ...acme, registrar: `${hostIn(six)}:5070` };
      world.own.registrations = [wanted];
      await until("the standby's Kamailio knows it", async () => {
        agent.tick(false, true, true);
        return registrationsIn(await rpc(world, "uac.reg_dump")).length === 1;
      });
      await until("it is registered", () => {
        agent.tick(true, true, true);
        return agent.report()?.[0]?.registered === true;
      });
      const contact = `sip:one@${hostIn(service6.address)}:5060`;
      assert.deepEqual([...new Set(got.map((request) => header(request, "Contact")))], [`<${contact}>`]);
      assert.deepEqual([...new Set(got.map(({ from }) => from.address))], [service6.address]);
      // The agent recognises what it has told.
      const own = { four: "198.18.77.100:5060", six: `${hostIn(service6.address)}:5060` };
      const [known] = registrationsIn(await rpc(world, "uac.reg_dump"));
      assert.deepEqual(known?.parameters, [...parametersOf(wanted, own)]);
      await phone(world, four);
      world.decides(() => toUser);
      const carrier = await world.ua("fd00:77::52", 5070);
      const call = await world.call(carrier, "one", { uri: contact });
      assert.equal(call.answer.code, 200, call.answer.first);
      await world.hangUp(carrier, call);
      assert.equal(world.own.questions.at(-1)?.number, "one");
    },

  "IPv6: of telephones that ring together the one there is cancelled when its own time is over (RFC 3261 9.1)":
    async (world) => {
      const called = [await ringing(world, six, 5070), await ringing(world, four, 5070)];
      const targets = called.map(({ host }, index) => ({
        ...{ type: "uri", uri: `sip:1@${host}:5070`, timeout_ms: 600 + 1000 * index },
      }));
      world.decides(() => ({ ...toUri(), strategy: "parallel", targets }));
      const call = await world.call(await world.ua("198.18.77.50"), "0302", { ms: 8000 });
      assert.equal(call.answer.code, 408, call.answer.first);
      const attempts = world.server.events(call.callId).filter(({ kind }) => kind === "attempt");
      assert.deepEqual(
        attempts.map(({ code, target }) => [code, target]),
        [
          [408, `sip:1@${hostIn(six)}:5070`],
          [408, `sip:1@${four}:5070`],
        ],
      );
      const cancel = called[0]?.seen.find(({ method }) => method === "CANCEL");
      const invited = called[0]?.seen.find(isInvite);
      assert.ok(cancel && invited);
      assert.equal(header(cancel, "Via"), headers(invited, "Via")[0]);
      for (const name of ["From", "To", "Call-ID"]) assert.equal(header(cancel, name), header(invited, name));
    },

  "IPv6: a carrier is asked by OPTIONS from the service address of its family, and is called there (RFC 3261 11, 19.1.1)":
    async (world) => {
      const asked: string[] = [];
      const ua = await world.ua(six, 5070);
      ua.onRequest = (request) => {
        if (request.method === "OPTIONS") asked.push(`${request.first} ${request.from.address}`);
        if (request.method !== "ACK") ua.reply(request, 200, "OK", { tag: "carrier" });
      };
      const agent = new CarrierWatch(world.server.context, () => undefined);
      world.own.probed = [{ name: "six", addresses: [{ host: six, port: 5070 }], every_s: 30 }];
      await rpc(world, "htable.seti", "ill", "six", 408);
      await rpc(world, "htable.seti", "down", "six", Math.floor(Date.now() / 1000) + 60);
      await until("it is known as broken", () => {
        agent.tick(true, true, true);
        return agent.report() !== undefined;
      });
      await until(
        "it is called again, because it answers",
        () => {
          agent.tick(true, true, true);
          return agent.report() === undefined;
        },
        10_000,
      );
      assert.deepEqual([...new Set(asked)], [`OPTIONS sip:${hostIn(six)}:5070 SIP/2.0 ${service6.address}`]);
      agent.tick(false, false, true);
      const caller = await world.ua(four);
      world.decides(() => toUri(`sip:4930@${hostIn(six)}:5070`));
      const call = await world.call(caller, "0302");
      assert.equal(call.answer.code, 200, call.answer.first);
      await world.hangUp(caller, call);
    },
};

export const ipv6Outward = Object.fromEntries(
  Object.entries(outward).map(([name, run]) => [name, { run, sip: {}, address6 }] as const),
);
