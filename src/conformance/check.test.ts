import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { decisionSchema, eventSchema, questionSchema } from "../call/contract.ts";
import { check, type Found, keepsContract, type Subject } from "./check.ts";
import { judge, unknownFields } from "./judge.ts";

const key = `whsec_${Buffer.from("a key for this test alone, 32 b").toString("base64")}`;
const token = "a-token";

const decision = {
  v: 1,
  action: "route",
  strategy: "serial",
  targets: [{ type: "user", user: "1001" }],
  record: false,
  rule: "test",
  rules_version: 1,
};

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

/** An application that keeps the contract; `but` may take an answer in its hands. */
const good =
  (secured: "key" | "token" | "none"): Handler =>
  (request, body, response) => {
    if (secured === "key")
      try {
        new Webhook(key).verify(body, {
          "webhook-id": String(request.headers["webhook-id"]),
          "webhook-timestamp": String(request.headers["webhook-timestamp"]),
          "webhook-signature": String(request.headers["webhook-signature"]),
        });
      } catch {
        // An unsigned message that is no question at all is refused either way.
        return answer(response, 401, { detail: "the signature is missing, false or old" });
      }
    if (secured === "token" && request.headers.authorization !== `Bearer ${token}`)
      return answer(response, 401, { detail: "the token is missing or false" });
    if (request.method !== "POST") return answer(response, 405, {});
    const said = ((): unknown => {
      try {
        return JSON.parse(body);
      } catch {
        return undefined;
      }
    })();
    if (request.url?.endsWith("/events")) {
      const list = Array.isArray(said) ? said : [said];
      return list.every((each) => eventSchema.safeParse(each).success)
        ? answer(response, 202, { accepted: list.length })
        : answer(response, 400, { detail: "no event" });
    }
    return questionSchema.safeParse(said).success
      ? answer(response, 200, decision)
      : answer(response, 400, { detail: "no question" });
  };

async function found(handler: Handler, by: Partial<Subject> = {}): Promise<Found> {
  const server = createServer((request, response) => {
    void text(request).then((body) => handler(request, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await check({
      role: "rule",
      decide: new URL(`http://127.0.0.1:${port}/decide`),
      deadlineMs: 60_000,
      burst: { questions: 10, atOnce: 5 },
      ...by,
      ...(by.events && { events: new URL(`http://127.0.0.1:${port}/events`) }),
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const events = new URL("http://placeholder.invalid/");
const broken = ({ results }: Found): string[] => results.filter((each) => !each.kept).map(({ name }) => name);

describe("an application that keeps the contract", () => {
  test("asked by a rule, with a key", async () => {
    const report = await found(good("key"), { key });
    expect(broken(report)).toEqual([]);
    expect(keepsContract(report)).toBe(true);
    expect(report.untried).toEqual([]);
    expect(report.burst.ms).toHaveLength(10);
  });

  test("in the place of the service's own, with a token and events", async () => {
    const report = await found(good("token"), { role: "service", token, events });
    expect(broken(report)).toEqual([]);
    expect(report.untried).toEqual([]);
    expect(report.results.map(({ name }) => name)).toContain("the same event again");
  });

  test("what was not tried is said", async () => {
    expect((await found(good("none"))).untried).toEqual([
      "whether it refuses questions that are not signed (--key)",
    ]);
    expect((await found(good("none"), { role: "service" })).untried).toHaveLength(2);
  });
});

describe("an application that breaks it", () => {
  /** As a good one, but for questions for which `other` has something else to say. */
  const but =
    (other: (question: Record<string, unknown>) => [status: number, body: unknown] | undefined): Handler =>
    (request, body, response) => {
      const question = ((): Record<string, unknown> => {
        try {
          return JSON.parse(body) as Record<string, unknown>;
        } catch {
          return {};
        }
      })();
      const instead = other(question);
      if (instead) answer(response, ...instead);
      else good("none")(request, body, response);
    };

  test("an error instead of a decision", async () => {
    const report = await found(but(({ number }) => (number === "112" ? [500, {}] : undefined)));
    expect(broken(report)).toEqual(["an emergency number"]);
    expect(report.results.find(({ kept }) => !kept)?.faults).toEqual([
      "status 500, not 200: every other one counts as a fault of yours",
    ]);
    expect(keepsContract(report)).toBe(false);
  });

  test("a decision that is none: each wrong field is named", async () => {
    const wrong = { action: "route", targets: [{ type: "user", user: "1001", timeout_ms: 3 }] };
    const report = await found(but(({ user }) => (user === "1002" ? [200, wrong] : undefined)));
    const fault = report.results.find(({ name }) => name === "an authenticated user")?.faults[0];
    expect(fault).toMatch(/^targets\.0\.timeout_ms: /);
  });

  test("who refuses fields that are not yet known", async () => {
    const report = await found(but((question) => ("a_later_field" in question ? [400, {}] : undefined)));
    expect(broken(report)).toEqual(["a question with fields that are not yet known"]);
  });

  test("who believes everybody", async () => {
    expect(broken(await found(good("none"), { key, token }))).toEqual([
      "a question whose signature is false",
      "a question without signature",
      "a signed question that is an hour old",
      "a question with a false token",
      "a question without token",
    ]);
  });

  test("who takes no event twice", async () => {
    const known = new Set<unknown>();
    const report = await found(
      but(({ id }) => {
        if (id === undefined) return undefined;
        if (known.has(id)) return [409, {}];
        known.add(id);
        return undefined;
      }),
      { role: "service", events },
    );
    expect(broken(report)).toContain("the same event again");
  });

  test("who bears no company", async () => {
    let waiting = 0;
    const report = await found((request, body, response) => {
      waiting += 1;
      setImmediate(() => {
        if (waiting > 1) answer(response, 503, {});
        else good("none")(request, body, response);
        setImmediate(() => {
          waiting -= 1;
        });
      });
    });
    expect(broken(report)).toEqual([]);
    expect(report.burst.faults.join()).toMatch(/ of 10: status 503/);
    expect(keepsContract(report)).toBe(false);
  });

  test("nobody there: one question is enough", async () => {
    const report = await found(good("none"), { decide: new URL("http://127.0.0.1:9/") });
    expect(report.results).toHaveLength(1);
    expect(report.results[0]?.faults[0]).toMatch(/ECONNREFUSED/);
  });
});

describe("a single answer", () => {
  const one = { name: "", why: "", door: "decide", body: {}, expects: "decision", must: true } as const;
  const seen = (said: unknown, by = {}) => ({
    status: 200,
    type: "application/json; charset=utf-8",
    text: JSON.stringify(said),
    ms: 5,
    closes: false,
    ...by,
  });

  test("a rule may be answered 'next' and with less; a SIP server wants all", () => {
    const short = { action: "reject", code: 486 };
    expect(judge(one, seen({ action: "next" }), "rule", 300).faults).toEqual([]);
    expect(judge(one, seen(short), "rule", 300).faults).toEqual([]);
    expect(judge(one, seen(short), "service", 300).faults).not.toEqual([]);
    expect(judge(one, seen({ action: "next" }), "service", 300).faults).not.toEqual([]);
    expect(judge(one, seen(decision), "service", 300).faults).toEqual([]);
  });

  test("late, not JSON, of another type, too long, a redirection to nowhere", () => {
    const faults = (said: unknown, by = {}) => judge(one, seen(said, by), "rule", 300).faults.join("; ");
    expect(faults({ action: "next" }, { ms: 301 })).toMatch(/took 301 ms of 300/);
    expect(faults({}, { text: "<html>" })).toMatch(/no JSON: <html>/);
    expect(faults({ action: "next" }, { type: "text/html" })).toMatch(/Content-Type is 'text\/html'/);
    expect(faults({ action: "next", note: "x".repeat(70_000) })).toMatch(/longer than 65536 bytes/);
    expect(faults({ action: "reject", code: 302, reason: "Moved" })).toMatch(/says where to/);
  });

  test("fields that mean nothing are told, not refused", () => {
    const said = { ...decision, targets: [{ type: "user", user: "1001", timeout: 30 }], titel: "x" };
    const { faults, notes } = judge(one, seen(said), "service", 300);
    expect(faults).toEqual([]);
    expect(notes).toEqual([
      "targets[0].timeout: no field of the contract, ignored",
      "titel: no field of the contract, ignored",
    ]);
    expect(unknownFields(decision, decisionSchema.parse(decision))).toEqual([]);
  });
});
