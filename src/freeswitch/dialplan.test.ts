import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { type Decision, decisionSchema } from "../call/contract.ts";
import type { CarrierFacts } from "../call/line.ts";
import { ruleAndTags } from "../call/tags.ts";
import { type Arrival, dialplanOf } from "./dialplan.ts";
import { documentOf, filledIn, nameText, written } from "./xml.ts";

const near: Arrival = {
  context: "public",
  profile: "internal",
  domain: "sip.example",
  users: "freeswitch",
  pass: 1,
};
const carriers: CarrierFacts = (name) =>
  name === "open" || name === "closed"
    ? { name, login: name === "closed" ? "1a2b3c4d" : "", waitMs: 2500, nextOn: ["403", "5xx"] }
    : undefined;

const text = (decision: Decision): string => written(documentOf(dialplanOf(decision, near, carriers)));
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  isArray: (name) => name === "action",
});
interface Plan {
  document: {
    section: {
      name: string;
      context: {
        name: string;
        extension: { condition: { action: { application: string; data?: string }[] } };
      };
    };
  };
}
/** `APPLICATION DATA`, one after the other. */
const actions = (decision: Decision): string[] => {
  const { section } = (parser.parse(text(decision)) as Plan).document;
  expect(section.name).toBe("dialplan");
  return section.context.extension.condition.action.map(({ application, data = "" }) =>
    `${application} ${data}`.trim(),
  );
};

const route = (more: Partial<Extract<Decision, { action: "route" }>>): Decision => ({
  v: 1,
  action: "route",
  strategy: "serial",
  targets: [{ type: "user", user: "ada" }],
  record: false,
  rule: "r",
  rules_version: 1,
  ...more,
});
const reject = (code: number, more = {}): Decision => ({
  v: 1,
  action: "reject",
  code,
  reason: "Busy Here",
  rule: "r",
  rules_version: 1,
  ...more,
});
const bridges = (decision: Decision): string[] =>
  actions(decision).flatMap((line) => (line.startsWith("bridge ") ? [line.slice(7)] : []));

describe("a decision as FreeSWITCH's dialplan", () => {
  test("one after the other: each its own bridge, and what leads to the next", () => {
    const lines = actions(
      route({
        targets: [
          {
            type: "uri",
            uri: "sip:123@192.0.2.7:5070",
            carrier: "open",
            shows: "+49711",
            headers: { "X-A": "b=c, d" },
          },
          { type: "uri", uri: "sip:123@carrier.example", carrier: "closed", timeout_ms: 20_500 },
          { type: "user", user: "ada" },
        ],
      }),
    );
    expect(lines.filter((line) => /^bridge/.test(line))).toEqual([
      "bridge [^^!leg_progress_timeout=3!origination_caller_id_number=+49711!sip_h_X-A=b=c, d]sofia/internal/sip:123@192.0.2.7:5070",
      "bridge [^^!leg_timeout=21!leg_progress_timeout=3]sofia/gateway/closed_carrier.example/123",
      "bridge user/ada@sip.example",
    ]);
    const [toSecond = "", , last] = lines.filter((line) => line.includes("continue_on_fail"));
    expect(toSecond).toMatch(/\bCALL_REJECTED\b/); // 403
    expect(toSecond).toMatch(/\bNORMAL_TEMPORARY_FAILURE\b/); // 503
    expect(toSecond).not.toMatch(/\bUSER_BUSY\b/);
    expect(last).toBe("set continue_on_fail=true");
    expect(lines.at(-1)).toBe(`hangup ${filledIn("originate_disposition")}`);
  });

  test("all at once, and in steps", () => {
    const both = [
      { type: "user", user: "ada", delay_ms: 5000 },
      { type: "user", user: "bob" },
    ] as const;
    expect(bridges(route({ strategy: "parallel", targets: [...both] }))).toEqual([
      "[^^!leg_delay_start=5]user/ada@sip.example,user/bob@sip.example",
    ]);
    expect(
      bridges(
        route({
          targets: [{ type: "user", user: "eve", step: 1 }, ...both.map((one) => ({ ...one, step: 0 }))],
        }),
      ),
    ).toEqual(["[^^!leg_delay_start=5]user/ada@sip.example,user/bob@sip.example", "user/eve@sip.example"]);
  });

  test("a step that rings only after some outcomes", () => {
    const lines = actions(
      route({
        targets: [
          { type: "user", user: "ada", step: 0 },
          { type: "user", user: "bob", step: 1, after: ["busy"] },
        ],
      }),
    );
    expect(lines).toContain(
      "set dialtone_go=$" + "{regex(m:~$" + "{dialtone_outcome}~^(USER_BUSY|BUSY_EVERYWHERE)$)}",
    );
    expect(lines).toContain("set dialtone_dial_true=user/bob@sip.example");
    expect(lines).toContain("bridge $" + "{dialtone_dial_$" + "{dialtone_go}}");
  });

  test("a number alone is decided again here; among others by a leg of its own", () => {
    expect(
      actions(route({ targets: [{ type: "number", number: "200", on_behalf_of: "ada" }] })).slice(-3),
    ).toEqual(["set dialtone_pass=2", "set dialtone_on_behalf_of=ada", "transfer 200 XML public"]);
    expect(bridges(route({ targets: [{ type: "number", number: "200", timeout_ms: 9000 }] }))).toEqual([
      "[^^!leg_timeout=9!loopback_export=dialtone_pass,dialtone_on_behalf_of]loopback/200/public/XML",
    ]);
  });

  test("who calls, what is recorded, which way the audio goes", () => {
    const lines = actions(
      route({
        caller_id: { number: "+49711", name: "Büro Süd 北" },
        headers: { "X-Team": "sales" },
        record: true,
        media: "direct",
      }),
    );
    expect(lines).toContain("set effective_caller_id_name=Büro Süd 北");
    expect(lines).toContain("export nolocal:sip_h_X-Team=sales");
    expect(lines).toContain("record_session $$" + "{recordings_dir}/$" + "{uuid}.wav");
    expect(lines.join("\n")).not.toContain("bypass_media"); // there would be nothing to record
    expect(actions(route({ media: "direct" }))).toContain("set bypass_media=true");
    expect(actions(route({ hide_caller: true, caller_id: { number: "1" } }))).toEqual(
      expect.arrayContaining(["privacy full", "set effective_caller_id_number=anonymous"]),
    );
  });

  test("refused with the code, sent elsewhere with contacts", () => {
    expect(actions(reject(486))).toEqual([
      "set dialtone_rule=r",
      "set dialtone_status=486",
      "respond 486 Busy Here",
      "hangup USER_BUSY",
    ]);
    expect(actions(reject(302, { contacts: ["sip:a@b", "sip:c,d@e"] }))).toContain(
      "redirect sip:a@b,sip:c%2Cd@e",
    );
  });

  test("a call that rings may be taken, by user and by pickup group, and no longer than it rings there", () => {
    const uuid = "$" + "{uuid}";
    const lines = actions(
      route({
        targets: [
          { type: "user", user: "ada", pickup: ["sales"] },
          { type: "user", user: "b(b" },
        ],
      }),
    );
    const [first, second] = lines.flatMap((line, index) => (line.startsWith("bridge ") ? [index] : []));
    const put = ["user-ada", "group-sales"].map((key) => `dialtone-take/${key}/${uuid}`);
    expect(lines.slice((first ?? 0) - 4, first)).toEqual(
      expect.arrayContaining(put.map((one) => `hash insert/${one}`)),
    );
    expect(lines.slice(first, second)).toEqual(
      expect.arrayContaining(put.map((one) => `hash delete_ifmatch/${one}`)),
    );
    // A name in which a bracket is would end the function that reads it.
    expect(lines.slice(second).filter((line) => line.startsWith("hash"))).toEqual([]);
  });

  test("takes what rings or is parked, else the code; a conversation is left alone", () => {
    const reads = (key: string) => `intercept ${filledIn(`hash(select/dialtone-take/${key})`)}`;
    expect(actions(reject(480, { take: { user: "ada", groups: ["sales", "all"] } }))).toEqual([
      "set dialtone_rule=r",
      "set intercept_unbridged_only=true",
      ...["user-ada", "group-sales", "group-all"].map(reads),
      "set dialtone_status=480",
      "respond 480 Busy Here",
      "hangup CALL_REJECTED",
    ]);
    expect(actions(reject(480, { take: { slot: "701" } }))).toContain(reads("slot-701"));
  });

  test("parked: waits where it can be taken, then the targets ring", () => {
    const slot = `dialtone-take/slot-701/$` + "{uuid}";
    const lines = actions(route({ park: { slot: "701", wait_ms: 60_000 } }));
    const from = lines.indexOf("answer");
    expect(lines.slice(from, from + 4)).toEqual([
      "answer",
      `hash insert/${slot}`,
      "playback silence_stream://60000",
      `hash delete_ifmatch/${slot}`,
    ]);
    expect(lines.findIndex((line) => line.startsWith("bridge"))).toBeGreaterThan(from);
  });

  test("users that are registered with the cluster's SIP server", () => {
    const decision = dialplanOf(route({}), { ...near, users: { address: "192.0.2.100:5060" } }, carriers);
    expect(written(documentOf(decision))).toContain('data="sofia/internal/sip:ada@192.0.2.100:5060"');
  });

  test("the rule and the notes of a decision come back from its variable", () => {
    const decision = route({
      rule: "night shift",
      tags: { team: "sales & co".replace("&", "+") },
      meant: "+49711",
    });
    const [line = ""] = actions(decision);
    expect(ruleAndTags(line.replace("set dialtone_rule=", ""))).toEqual({
      rule: "night shift",
      tags: { team: "sales + co" },
      meant: "+49711",
    });
  });
});

/** What strangers write, beside any text of any script. */
const attack = fc.constantFrom(
  `${filledIn("system(touch /tmp/owned)")}`,
  `$${filledIn("api_token")}`,
  `\\${filledIn("uuid")}`,
  'x"/><action application="system" data="reboot',
  '<X-PRE-PROCESS cmd="exec" data="id"/>',
  "x-PRE-process",
  '<!--#exec "id"-->',
  "]]>",
  "a',b'",
  "[leg_timeout=1]",
  "{origination_caller_id_number=112}",
  "a|b,c:_:d",
  "^^:a=b:c",
  "\r\nVia: x",
  "\u0000\u0007",
  "\ud800",
  "עברית العربية ไทย 日本語 हिन्दी 👩‍👩‍👧 Ω",
);
const words = fc.oneof(
  attack,
  fc.string({ unit: "binary", maxLength: 64 }),
  fc.string({ unit: "grapheme", maxLength: 64 }),
  fc.tuple(fc.string(), attack).map(([a, b]) => a + b),
);
const uri = words.map((said) => `sip:${said.replace(/[\s<>"]/g, "")}@h`);
const lines = words.map((said) => said.replace(/[\r\n]/g, " ").slice(0, 256));
const header = fc.dictionary(fc.constantFrom("X-A", "P-Asserted-Identity"), lines, { maxKeys: 2 });
type Fields = Record<string, fc.Arbitrary<unknown>>;
/** A document that has the first fields, and any of the others. */
const documents = (needed: Fields, perhaps: Fields): fc.Arbitrary<unknown> =>
  fc.record({ ...needed, ...perhaps }, { requiredKeys: Object.keys(needed) });
const common = {
  timeout_ms: fc.integer({ min: 500, max: 300_000 }),
  headers: header,
  step: fc.integer({ min: 0, max: 15 }),
  after: fc.subarray(["busy", "no-answer", "unreachable", "declined", "failed"]),
};
const name = words.filter((said) => said !== "");
/** Of slots and pickup groups. */
const slots = fc.constantFrom("701", "a.b_c~d-e", "A");
const target = fc.oneof(
  documents(
    { type: fc.constant("uri"), uri },
    {
      via: uri,
      carrier: fc.constantFrom("open", "closed", "gone"),
      shows: fc.constantFrom("+49", "*1~2"),
      ...common,
    },
  ),
  documents(
    { type: fc.constant("user"), user: name },
    {
      delay_ms: fc.integer({ min: 0, max: 120_000 }),
      pickup: fc.array(slots, { maxLength: 4 }),
      newest: fc.constant(true),
      phone: words,
      ...common,
    },
  ),
  documents({ type: fc.constant("number"), number: name }, { on_behalf_of: words, ...common }),
);
const decided = { v: fc.constant(1), rule: words, rules_version: fc.nat() };
const noted = { meant: words, tags: fc.constantFrom({ team: "a b" }, { q: "1:2@3/4" }) };
const decisions = fc.oneof(
  documents(
    {
      ...decided,
      action: fc.constant("route"),
      strategy: fc.constantFrom("serial", "parallel"),
      targets: fc.array(target, { minLength: 1, maxLength: 6 }),
      record: fc.boolean(),
    },
    {
      ...noted,
      caller_id: fc.record({ number: words, name: words }),
      headers: header,
      hide_caller: fc.constant(true),
      emergency: fc.constant(true),
      media: fc.constantFrom("relay", "nat", "direct"),
      redirects: fc.constantFrom("follow", "return"),
      park: fc.record({ slot: slots, wait_ms: fc.integer({ min: 1000, max: 300_000 }) }),
    },
  ),
  documents(
    { ...decided, action: fc.constant("reject"), code: fc.integer({ min: 300, max: 699 }), reason: words },
    {
      ...noted,
      contacts: fc.array(uri, { minLength: 1, maxLength: 5 }),
      take: documents({}, { user: words, groups: fc.array(slots, { maxLength: 4 }), slot: slots, by: words }),
    },
  ),
);

/** What FreeSWITCH may fill in, and nothing else. */
const ours =
  /^\$\{(originate_(causes|disposition)|uuid|strepoch\(\)|hash\(select\/dialtone-take\/(user|group|slot)-[A-Za-z0-9+*#_.~-]+\)|dialtone_outcome|dialtone_dial_\$\{dialtone_go\}|regex\(m:~\$\{(dialtone_outcome|originate_disposition)\}~\^\([A-Z_|]+\)\$\))\}$/;

describe("whatever the decision is", () => {
  const made = fc
    .sample(decisions, { numRuns: 1500, seed: 14 })
    .flatMap((one) => decisionSchema.safeParse(one).data ?? []);

  test("there are decisions of both kinds among them", () => {
    expect(made.filter(({ action }) => action === "route").length).toBeGreaterThan(300);
    expect(made.filter(({ action }) => action === "reject").length).toBeGreaterThan(300);
  });

  test("the document has the section, and applications in it that lead somewhere", () => {
    for (const decision of made) expect(actions(decision).length).toBeGreaterThan(2);
  });

  test("nothing that strangers wrote is filled in, quoted or split by FreeSWITCH", () => {
    for (const decision of made) {
      const found = text(decision);
      expect(found.split("\n").filter((line) => /x-pre-process/i.test(line))).toEqual([]);
      expect(found.split("\n").filter((line) => line.includes("<?"))).toEqual([
        '<?xml version="1.0" encoding="UTF-8"?>',
      ]);
      for (const line of actions(decision)) {
        const data = line.replace("$$" + "{recordings_dir}", "");
        for (const [place] of data.matchAll(/\$\{.*?\}+(?=$|[^}])/g)) {
          const whole =
            data.includes("regex(") || data.includes("dialtone_dial_$")
              ? data.slice(data.indexOf("$"))
              : place;
          expect(whole).toMatch(ours);
        }
        if (!data.includes("$" + "{")) expect(data).not.toMatch(/[$\\{}'`]/);
      }
    }
  });

  test("xmllint reads it", () => {
    const all = made.map((decision) => text(decision).replace(/^<\?xml.*\n/, "")).join("\n");
    const { status, stderr } = spawnSync("xmllint", ["--noout", "-"], {
      input: `<all>${all}</all>`,
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

test("names keep every script, and nothing that means anything to FreeSWITCH", () => {
  expect(nameText("עברית العربية ไทย 日本語 हिन्दी 👩‍👩‍👧 Ω")).toBe("עברית العربية ไทย 日本語 हिन्दी 👩‍👩‍👧 Ω");
  expect(nameText('O"Brien, $' + "{x}[1]|'")).toBe("O Brien x 1");
});
