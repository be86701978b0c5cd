import { Map as SharedMap, Set as SharedSet } from "immutable";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import type { Database } from "../db/database.ts";
import { LiveRouting } from "../routing/live.ts";
import { createEvents } from "../telemetry/log.ts";
import { answer } from "./rpc.ts";

const events = createEvents(pino({ level: "silent" }));
// Answers come from memory: a database that is touched would throw.
const live = new LiveRouting("/nonexistent", {} as Database, events);
const guard = { apply: <D>(decision: D): D => decision };
const kept = () => Promise.resolve(true);
const parts = { live, guard, realm: "r", probes: new Map(), events, kept };
const ask = (request: unknown) => JSON.parse(answer(parts, JSON.stringify(request)) ?? "null");

describe("JSON-RPC", () => {
  it.each([
    ["{", -32700],
    ["[]", -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"x"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"x"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"decide","params":{}}', -32602],
  ])("answers %s with error %i", (text, code) => {
    expect(JSON.parse(answer(parts, text) ?? "")).toMatchObject({ jsonrpc: "2.0", error: { code } });
  });

  it("keeps the id as it came, and is silent to notifications", () => {
    expect(ask({ jsonrpc: "2.0", id: "a1", method: "x" }).id).toBe("a1");
    expect(answer(parts, '{"jsonrpc":"2.0","method":"x"}')).toBeUndefined();
  });

  it("tells a fault of ours as an internal error, and logs it with the call's id", () => {
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
    const text = answer(broken, JSON.stringify({ jsonrpc: "2.0", id: 7, method: "decide", params }));
    expect(JSON.parse(text ?? "")).toMatchObject({ id: 7, error: { code: -32603 } });
    expect(undecided).toHaveBeenCalledWith("rpc", "c1", expect.any(TypeError));
  });

  it("does not tell whether the realm or the user is wrong", () => {
    expect(
      ask({ jsonrpc: "2.0", id: 1, method: "credentials", params: { user: "u", realm: "other" } }).error,
    ).toEqual({
      code: 404,
      message: "unknown user",
    });
  });

  it("tells the numbers that a user may show with its credentials", () => {
    const ada = { name: "ada", display: "", ha1_md5: "m", ha1_sha256: "s", enabled: true };
    const shown = (may_show: string[] | undefined, assigned: string[]) => {
      const snapshot = {
        ...live.snapshot,
        parts: { ...live.snapshot.parts, users: SharedMap({ ada: { ...ada, may_show } }) },
        indexes: { ...live.snapshot.indexes, numbers: SharedMap({ ada: SharedSet(assigned) }) },
      };
      const request = { jsonrpc: "2.0", id: 1, method: "credentials", params: { user: "ada", realm: "r" } };
      const known = { decide: live.decide.bind(live), state: live.state.bind(live), snapshot };
      return JSON.parse(answer({ ...parts, live: known }, JSON.stringify(request)) ?? "").result;
    };
    expect(shown(undefined, [])).toEqual({ user: "ada", ha1_md5: "m", ha1_sha256: "s" });
    expect(shown(["+49*"], ["77"])).toMatchObject({ shows: "^([+]49.*|77)$" });
  });
});
