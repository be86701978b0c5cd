import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { CarrierWatch } from "../../../src/agent/calls/carrier-watch.ts";
import { parametersOf, registrationsIn } from "../../../src/agent/calls/registering.ts";
import { Registrar } from "../../../src/agent/calls/registrar.ts";
import type { RpcValue } from "../../../src/components/kamailio/binrpc.ts";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { ha1, header, type SipMessage, token } from "../ua.ts";
import { type Scenario, until, type World } from "../world.ts";

/** Our registrations at carriers (RFC 3261 10.2), as the agent orders them. */

export const rpc = (world: World, method: string, ...params: (string | number)[]): Promise<RpcValue[]> =>
  kamailioRpc(world.server.context, method, params, AbortSignal.timeout(2000));

const known = async (world: World) => registrationsIn(await rpc(world, "uac.reg_dump"));

/** A registrar that wants user acme with this password. Its list of REGISTERs grows. */
export async function registrar(world: World, password: string, at = "198.18.77.51"): Promise<SipMessage[]> {
  const ua = await world.ua(at, 5070);
  const got: SipMessage[] = [];
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  ua.onRequest = (request) => {
    got.push(request);
    const said = header(request, "Authorization");
    const value = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(said)?.[1] ?? "";
    const secret = ha1("acme", "itsp.example", password).ha1_md5;
    const right = md5(`${secret}:n1:${md5(`REGISTER:${value("uri")}`)}`);
    if (said === "")
      ua.reply(request, 401, "Who", {
        tag: token(),
        extra: ['WWW-Authenticate: Digest realm="itsp.example", nonce="n1", algorithm=MD5'],
      });
    else if (value("response") !== right) ua.reply(request, 403, "Wrong", { tag: token() });
    else
      ua.reply(request, 200, "OK", {
        tag: token(),
        extra: [`Contact: ${header(request, "Contact")};expires=60`],
      });
  };
  return got;
}

export const acme = {
  name: "one",
  contact: "one",
  user: "acme",
  password: "secret",
  realm: "",
  registrar: "198.18.77.51:5070",
  via: "",
  expires_s: 60,
};
const parameters = parametersOf(acme, { four: "198.18.77.100:5060" });

export const carrierRegistrations: Record<string, Scenario> = {
  "a registration at a carrier is made by the holder of the service address alone, with the service address as Contact, and anew at once":
    async (world) => {
      const got = await registrar(world, "secret");
      await rpc(world, "uac.reg_add", ...parameters);
      const [idle] = await known(world);
      // The agent recognises what it has told.
      assert.deepEqual(idle?.parameters, [...parameters]);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.equal(got.length, 0);
      await rpc(world, "uac.reg_active", 1);
      await rpc(world, "uac.reg_enable", "l_uuid", "one");
      await until("it is registered", async () => (await known(world))[0]?.registered === true);
      assert.equal(got.length, 2);
      const [first, second] = got;
      assert.ok(first && second);
      assert.equal(header(second, "Contact"), "<sip:one@198.18.77.100:5060>");
      assert.match(second.text, /^REGISTER sip:198\.18\.77\.51:5070 SIP/);
      assert.match(header(second, "To"), /<sip:acme@198\.18\.77\.51:5070>/);
      assert.equal(first.from.address, "198.18.77.100");
      // Renewed before its end when the agent says so; and not by a host that has lost the address.
      await rpc(world, "uac.reg_enable", "l_uuid", "one");
      await until("it is renewed", () => got.length >= 4);
      await until("it is registered", async () => (await known(world))[0]?.registered === true);
      await rpc(world, "uac.reg_active", 0);
      await rpc(world, "uac.reg_enable", "l_uuid", "one");
      const before = got.length;
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.equal(got.length, before);
    },

  "the agent orders what the app says, reports it, and orders anew what has changed; a standby's registers nowhere":
    async (world) => {
      const got = await registrar(world, "secret");
      const told: string[] = [];
      const agent = new Registrar(world.server.context, (carrier, text) => told.push(`${carrier}: ${text}`));
      world.own.registrations = [acme];
      await until("the standby's Kamailio knows it", async () => {
        agent.tick(false, true, true);
        return (await known(world)).length === 1;
      });
      assert.equal(agent.report(), undefined);
      // The holder's, whose app is gone.
      await until("it is registered", () => {
        agent.tick(true, true, false);
        return agent.report()?.[0]?.registered === true;
      });
      assert.deepEqual(told, ["one: registered"]);
      assert.equal(got.length, 2);
      world.own.registrations = [{ ...acme, contact: "+4930123" }];
      await until("it is registered by its new name", () => {
        agent.tick(true, true, true);
        return got.some((request) => header(request, "Contact").startsWith("<sip:+4930123@"));
      });
      world.own.registrations = [];
      await until("nothing is left", async () => {
        agent.tick(true, true, true);
        return (await known(world)).length === 0;
      });
      assert.deepEqual(told, ["one: registered"]);
    },

  "the agent reports carriers that are left alone, and when they are called again; and what guards found":
    async (world) => {
      const told: string[] = [];
      const agent = new CarrierWatch(world.server.context, (carrier, text) =>
        told.push(`${carrier}: ${text}`),
      );
      const broken = () => {
        agent.tick(true, true, false);
        return agent.report()?.map(({ carrier }) => carrier) ?? [];
      };
      const soon = Math.floor(Date.now() / 1000) + 60;
      await rpc(world, "htable.seti", "down", "one", soon);
      await rpc(world, "htable.seti", "down", "two", soon);
      await until("both are known", () => broken().length === 2);
      await rpc(world, "htable.delete", "down", "two");
      await until("one is left", () => broken().join() === "one");
      assert.equal(told.at(-1), "two: is called again");
      agent.tick(false, false, false);
      assert.equal(agent.report(), undefined);
      // An app may have decided for the host that has the address.
      world.own.alarms = [{ guard: "money", subject: "", why: "calls for 2 today, of 1", sinceMs: 1 }];
      await until("the guard is told", () => {
        agent.tick(false, false, true);
        return agent.guardAlarms()?.[0]?.guard === "money";
      });
      assert.equal(told.at(-1), "guard money: all together: calls for 2 today, of 1");
      assert.equal(world.own.broken, undefined);
      agent.tick(false, false, false);
      assert.equal(agent.guardAlarms(), undefined);
    },

  "a carrier that was silent and answers OPTIONS (RFC 3261 11) is called again before any call has tried it; one that fails calls is not":
    async (world) => {
      const asked: string[] = [];
      for (const at of [51, 52]) {
        const ua = await world.ua(`198.18.77.${at}`, 5070);
        ua.onRequest = (request) => {
          asked.push(`${request.method} ${request.from.address}`);
          ua.reply(request, 404, "Not Found", { tag: token() });
        };
      }
      const told: string[] = [];
      const agent = new CarrierWatch(world.server.context, (carrier, text) =>
        told.push(`${carrier}: ${text}`),
      );
      const address = (at: number) => [{ host: `198.18.77.${at}`, port: 5070 }];
      world.own.probed = [
        { name: "silent", addresses: address(51), every_s: 30 },
        { name: "faulty", addresses: address(52), every_s: 30 },
      ];
      const soon = Math.floor(Date.now() / 1000) + 60;
      for (const [name, code] of [
        ["silent", 408],
        ["faulty", 503],
      ] as const) {
        await rpc(world, "htable.seti", "ill", name, code);
        await rpc(world, "htable.seti", "down", name, soon);
      }
      await until(
        "one is called again",
        () => {
          agent.tick(true, true, true);
          return agent.report()?.length === 1;
        },
        10_000,
      );
      assert.equal(agent.report()?.[0]?.carrier, "faulty");
      assert.ok(told.includes("silent: answers OPTIONS again"));
      // By the address that the carrier knows.
      assert.deepEqual([...new Set(asked)], ["OPTIONS 198.18.77.100"]);
      await until("the app knows", () => {
        agent.tick(true, true, true);
        return world.own.broken?.join() === "faulty";
      });
      agent.tick(false, false, false);
    },

  "a carrier that refuses our registration is asked again, and does not get the password anew each second":
    async (world) => {
      const got = await registrar(world, "other");
      await rpc(world, "uac.reg_add", ...parameters);
      await rpc(world, "uac.reg_active", 1);
      await rpc(world, "uac.reg_enable", "l_uuid", "one");
      await until("it was refused", () => got.length >= 2);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.equal(got.length, 2);
      assert.equal((await known(world))[0]?.registered, false);
      await until("it is asked again", () => got.length >= 4, 12_000);
      await rpc(world, "uac.reg_remove", "one");
      assert.deepEqual(await known(world), []);
    },
};
