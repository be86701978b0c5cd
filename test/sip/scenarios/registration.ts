import { strict as assert } from "node:assert";
import { service } from "../call.ts";
import { authorize, header, headers, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until } from "../world.ts";
import { challenge, register } from "./passwords.ts";

/** Registers user 101 with these lines, without being asked first. */
async function registrar(ua: Ua) {
  const uri = `sip:${service.address}`;
  const credentials = authorize(await challenge(ua), "101", "pw-101", "REGISTER", uri);
  return (lines: string[], how: Parameters<typeof register>[3] = {}) =>
    register(ua, "101", [...lines, `Authorization: ${credentials}`], how);
}

const contacts = (answer: Parameters<typeof headers>[0]): string[] =>
  headers(answer, "Contact")
    .flatMap((value) => value.split(/,\s*(?=<)/))
    .map((value) => /<([^>]+)>/.exec(value)?.[1] ?? "")
    .filter((uri) => uri !== "")
    .sort();

/** The registrar: RFC 3261 10.3, RFC 3327, RFC 5626, RFC 5627. */
export const registration: Record<string, Scenario> = {
  "malformed Contacts are refused with 400, and nothing is registered": async (world) => {
    const phone = await world.ua("198.18.77.51", 5070);
    const registers = await registrar(phone);
    const bad = [
      "<sip:>",
      "<101@198.18.77.51>",
      "<tel:+49>",
      "<sip:a@>",
      "<sip:a@b c>",
      "<sip:a@198.18.77.51:99999>",
      "<sip:a@198.18.77.51",
      "<sip:a@198.18.77.51>, <sip:>",
      "<sip:a@198.18.77.51>;q=2",
      '<sip:a@198.18.77.51>;+sip.instance="<urn:x>";reg-id=0',
      "",
      "*",
      "*, <sip:a@198.18.77.51>",
    ];
    for (const contact of bad)
      assert.equal((await registers([`Contact: ${contact}`, "Expires: 60"])).code, 400, contact);
    const two = ["Contact: <sip:a@198.18.77.51>", "Contact: <sip:>"];
    assert.equal((await registers(two)).code, 400);
    assert.deepEqual(contacts(await registers([])), []);
    const good = ["Contact: sip:a@198.18.77.51:5070;expires=60", 'm: "Ada, \\"x\\"" <SIP:b@198.18.77.51>'];
    assert.deepEqual(contacts(await registers(good)).length, 2);
    assert.deepEqual(contacts(await registers(["Contact: *", "Expires: 0"])), []);
  },

  "Expires in every place (RFC 3261 10.2.1.1, 10.3)": async (world) => {
    const phone = await world.ua("198.18.77.51", 5070);
    const registers = await registrar(phone);
    const given = async (contact: string, ...lines: string[]) => {
      const answer = await registers([`Contact: <sip:a@198.18.77.51:5070>${contact}`, ...lines]);
      if (answer.code !== 200) return `${answer.code} ${header(answer, "Min-Expires")}`.trim();
      return /expires=(\d+)/.exec(header(answer, "Contact"))?.[1] ?? "";
    };
    // Not registered yet.
    for (const [contact, ...lines] of [
      ["", "Expires: 5"],
      [";expires=29"],
      ["; Expires = 1;q=1", "Expires: 77"],
    ])
      assert.equal(await given(contact ?? "", ...lines), "423 30", contact);
    assert.equal(await given(";expires=0", "Expires: 5"), "");
    assert.equal(await given("", "Expires: 77"), "77");
    assert.equal(await given(";expires=88", "Expires: 77"), "88");
    assert.equal(await given(";q=0.5;expires=88"), "88");
    assert.equal(await given(""), "600");
    assert.equal(await given("", "Expires: 99999"), "3600");
    assert.equal(await given(";expires=99999"), "3600");
    assert.equal(await given("", "Expires: 5"), "423 30");
    assert.equal(await given(";expires=29", "Expires: 77"), "423 30");
    assert.equal(await given("", "Expires: 30"), "30");
    assert.equal(await given(";expires=abc"), "600");
    assert.equal(await given("", "Expires: abc"), "400");
    assert.equal(await given(";expires=0", "Expires: 77"), "");
    assert.equal(await given("", "Expires: 60"), "60");
    assert.equal(await given("", "Expires: 0"), "");
    const each = ["Contact: <sip:a@198.18.77.51>;expires=40, <sip:b@198.18.77.51>", "Expires: 50"];
    const both = (await registers(each)).text;
    assert.match(both, /sip:a@198\.18\.77\.51>;expires=40/);
    assert.match(both, /sip:b@198\.18\.77\.51>;expires=50/);
  },

  "a telephone that was restarted: the same Call-ID, its CSeq from the beginning": async (world) => {
    const phone = await world.ua("198.18.77.51", 5070);
    const registers = await registrar(phone);
    const callId = token();
    const at = (port: number) => [`Contact: <sip:101@198.18.77.51:${port}>`, "Expires: 60"];
    assert.equal((await registers(at(5070), { callId, cseq: 500 })).code, 200);
    assert.deepEqual(contacts(await registers(at(5070), { callId, cseq: 2 })), ["sip:101@198.18.77.51:5070"]);
    // From another port: the one before the restart is gone, too.
    assert.deepEqual(contacts(await registers(at(6070), { callId, cseq: 1 })), ["sip:101@198.18.77.51:6070"]);
    // Another telephone's registration stays.
    assert.equal((await registers(at(7070), { cseq: 900 })).code, 200);
    const all = ["sip:101@198.18.77.51:6070", "sip:101@198.18.77.51:7070"];
    assert.deepEqual(contacts(await registers(at(6070), { callId, cseq: 2 })), all);
    assert.deepEqual(
      contacts(await registers([...at(6070).slice(0, 1), "Expires: 0"], { callId, cseq: 1 })),
      all.slice(1),
    );
  },

  "one telephone, one contact: +sip.instance; two flows of it are two (RFC 5626 6)": async (world) => {
    const phone = await world.phone("198.18.77.51", 5070, 180, 200);
    const registers = await registrar(phone);
    const id = (n: number) => `;+sip.instance="<urn:uuid:0000000${n}-0000-1000-8000-000A95A0E128>"`;
    const at = (port: number, more: string) => [
      `Contact: <sip:101@198.18.77.51:${port}>${more}`,
      "Expires: 60",
    ];
    assert.equal((await registers(at(6001, id(1)))).code, 200);
    assert.deepEqual(contacts(await registers(at(5070, id(1)))), ["sip:101@198.18.77.51:5070"]);
    assert.equal(contacts(await registers(at(6002, id(2)))).length, 2);
    const callId = token();
    const flow = (port: number, n: number) => [
      ...at(port, `${id(3)};reg-id=${n}`),
      "Supported: path, outbound",
    ];
    assert.equal(contacts(await registers(flow(6003, 1), { callId, cseq: 1 })).length, 3);
    const flows = await registers(flow(6004, 2), { callId, cseq: 2 });
    assert.equal(contacts(flows).length, 4);
    assert.equal(header(flows, "Require"), "outbound");
    assert.doesNotMatch(flows.text, /gruu/);
    // What we do not have is refused (RFC 3261 8.2.2.3).
    for (const tag of ["x-new", "path, x-new"]) {
      const refused = await registers([...at(6005, ""), `Require: ${tag}`]);
      assert.equal(refused.code, 420, tag);
      assert.match(header(refused, "Unsupported"), new RegExp(tag));
    }
    assert.equal((await registers([...at(5070, id(1)), "Require: path, outbound"])).code, 200);
  },

  "Path: calls go that way; told to whoever supports it, malformed refused (RFC 3327 5.3)": async (world) => {
    const proxy = await world.phone("198.18.77.52", 5090, 180, 200);
    const phone = await world.ua("198.18.77.51", 5070);
    const registers = await registrar(phone);
    const contact = ["Contact: <sip:101@10.1.2.3:5070>", "Expires: 60"];
    const path = "<sip:198.18.77.52:5090;lr>, <sip:inner@10.9.9.9;lr>";
    assert.equal((await registers([...contact, "Path: rubbish"])).code, 400);
    assert.equal(header(await registers([...contact, `Path: ${path}`]), "Path"), "");
    assert.equal(header(await registers([...contact, `Path: ${path}`, "Supported: path"]), "Path"), path);
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "101" }] }));
    const called = await world.call(await world.ua("198.18.77.50"), "101");
    assert.equal(called.answer.code, 200);
    const got = await proxy.wait("INVITE", (m) => m.method === "INVITE");
    assert.equal(headers(got, "Route").join(", "), path);
    assert.match(got.text, /^INVITE sip:101@10\.1\.2\.3:5070 /);
  },

  "everybody comes back after a power failure: all register, nobody is refused, calls go on": async (
    world,
  ) => {
    await world.phone("198.18.77.53", 5070, 200);
    world.decides(() => toUri("sip:1@198.18.77.53:5070"));
    const sources = await Promise.all([...Array(8).keys()].map((i) => world.ua(`198.18.77.5${1 + (i % 2)}`)));
    const users = [...Array(90).keys()].map((i) => String(110 + i).padStart(3, "1"));
    const caller = await world.ua("198.18.77.50");
    // All within the same moment, twice (the first answers may be lost).
    const answers = users.map(async (user, i) => {
      const ua = sources[i % sources.length] as Ua;
      const asked = await register(ua, user, []);
      const credentials = authorize(
        header(asked, "WWW-Authenticate"),
        user,
        `pw-${user}`,
        "REGISTER",
        `sip:${service.address}`,
      );
      const contact = `Contact: <sip:${user}@${ua.address}:${ua.port}>`;
      return (await register(ua, user, [contact, `Authorization: ${credentials}`])).code;
    });
    const call = await world.call(caller, "5");
    assert.equal(call.answer.code, 200);
    assert.deepEqual([...new Set(await Promise.all(answers))], [200]);
    await until("the call ends", async () => (await world.hangUp(caller, call)).code === 200);
  },
};
