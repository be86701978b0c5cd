import { Map as SharedMap } from "immutable";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import { BrokenCarriers } from "../carriers/broken.ts";
import type { Database } from "../db/database.ts";
import { ActiveDials } from "../dials/active.ts";
import { LiveRouting } from "../routing/live.ts";
import { createEvents } from "../telemetry/log.ts";
import { LateDecisions } from "./late.ts";
import { answer } from "./rpc.ts";

const events = createEvents(pino({ level: "silent" }));
// Answers come from memory: a database that is touched would throw.
const live = new LiveRouting("/nonexistent", {} as Database, events);
const guard = { apply: <D>(decision: D): D => decision };
const kept = () => Promise.resolve(true);
const others = { answer: () => Promise.resolve({ action: "next" } as const) };
const late = new LateDecisions();
const broken = new BrokenCarriers();
const calls = { decided: () => {} };
const dials = new ActiveDials();
const dialer = { ha1_md5: "m", ha1_sha256: "s" };
const parts = {
  live,
  dials,
  dialer,
  calls,
  guard,
  others,
  late,
  broken,
  reach: { placesOf: () => undefined, isSilent: () => false },
  realm: "r",
  secret: "s",
  phoneSecret: "p",
  probes: new Map(),
  events,
  kept,
  music: { playTo: () => Promise.resolve("v=0") },
};
const ask = async (request: unknown) => JSON.parse((await answer(parts, JSON.stringify(request))) ?? "null");

describe("JSON-RPC", () => {
  it.each([
    ["{", -32700],
    ["[]", -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"x"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"x"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"decide","params":{}}', -32602],
  ])("answers %s with error %i", async (text, code) => {
    expect(JSON.parse((await answer(parts, text)) ?? "")).toMatchObject({ jsonrpc: "2.0", error: { code } });
  });

  it("keeps the id as it came, and is silent to notifications", async () => {
    expect((await ask({ jsonrpc: "2.0", id: "a1", method: "x" })).id).toBe("a1");
    expect(answer(parts, '{"jsonrpc":"2.0","method":"x"}')).toBeUndefined();
  });

  it("tells a fault of ours as an internal error, and logs it with the call's id", async () => {
    const undecided = vi.fn();
    const broken = {
      ...parts,
      events: { ...events, undecided },
      guard: {
        apply: (): never => {
          throw new TypeError("broken");
        },
      },
    };
    const params = {
      call_id: "c1",
      from: { user: "1", domain: "d" },
      to: { user: "2", domain: "d" },
      request_uri: "sip:2@d",
      number: "2",
      source: { address: "192.0.2.1", port: 5060 },
      transport: "udp",
    };
    const text = await answer(broken, JSON.stringify({ jsonrpc: "2.0", id: 7, method: "decide", params }));
    expect(JSON.parse(text ?? "")).toMatchObject({ id: 7, error: { code: -32603 } });
    expect(undecided).toHaveBeenCalledWith("rpc", "c1", expect.any(TypeError));
  });

  it("asks Kamailio back who is registered, and nobody who asks by other methods", async () => {
    const known = {
      seated: live.seated.bind(live),
      atDesks: live.atDesks.bind(live),
      registrationsAsked: () => ["1001", "1002"],
      consult: live.consult.bind(live),
      state: live.state.bind(live),
      snapshot: live.snapshot,
      alarms: live.alarms,
    };
    const said = async (method: string) => {
      const request = { jsonrpc: "2.0", id: 1, method, params: questionTo("5000") };
      return JSON.parse((await answer({ ...parts, live: known }, JSON.stringify(request))) ?? "").result;
    };
    expect(await said("decide_line")).toBe("need|1001,1002");
    expect(await said("decide")).toMatchObject({ action: "reject", code: 404 });
  });

  it("does not tell whether the realm or the user is wrong", async () => {
    expect(
      (await ask({ jsonrpc: "2.0", id: 1, method: "credentials", params: { user: "u", realm: "other" } }))
        .error,
    ).toEqual({
      code: 404,
      message: "unknown user",
    });
  });

  it("tells the numbers that a user may show with its credentials", async () => {
    const ada = { name: "ada", display: "", ha1_md5: "m", ha1_sha256: "s", enabled: true };
    const shown = async (may_show: string[] | undefined, assigned: string[]) => {
      const snapshot = {
        ...live.snapshot,
        parts: {
          ...live.snapshot.parts,
          users: live.snapshot.parts.users.changed([["ada", { ...ada, may_show }]]),
        },
        indexes: {
          ...live.snapshot.indexes,
          numbers: {
            packed: undefined,
            changed: SharedMap({ ada: SharedMap(assigned.map((number) => [number, true])) }),
          },
        },
      };
      const request = { jsonrpc: "2.0", id: 1, method: "credentials", params: { user: "ada", realm: "r" } };
      const known = {
        seated: live.seated.bind(live),
        atDesks: live.atDesks.bind(live),
        registrationsAsked: live.registrationsAsked.bind(live),
        consult: live.consult.bind(live),
        state: live.state.bind(live),
        snapshot,
        alarms: live.alarms,
      };
      return JSON.parse((await answer({ ...parts, live: known }, JSON.stringify(request))) ?? "").result;
    };
    expect(await shown(undefined, [])).toEqual({ user: "ada", ha1_md5: "m", ha1_sha256: "s" });
    expect(await shown(["+49*"], ["77"])).toMatchObject({ shows: "^([+]49.*|77)$" });
  });

  it("tells who calls A in click-to-dial, and that it may show any number", async () => {
    const request = { jsonrpc: "2.0", id: 1, method: "credentials", params: { user: "_dialer", realm: "r" } };
    expect((await ask(request)).result).toEqual({ user: "_dialer", ...dialer, shows: "." });
  });

  it("tells passwords on this host alone", async () => {
    const request = (method: string) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} });
    for (const method of ["carrier_login", "registrations"])
      expect(JSON.parse((await answer(parts, request(method), false)) ?? "").error).toEqual({
        code: 404,
        message: "unknown carrier",
      });
    expect(JSON.parse((await answer(parts, request("registrations"), true)) ?? "").result).toEqual([]);
  });
});
