import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { invite, sameBranch, service } from "../call.ts";
import { authorize, header, type SipMessage, token, type Ua } from "../ua.ts";
import { kinds, rejected, type Scenario, toUri, type World } from "../world.ts";

const ours = `sip:${service.address}`;
const wrong = (credentials: string) => credentials.replace(/response="./, 'response="x');

/** One REGISTER and its answer, with these header lines. */
export async function register(
  ua: Ua,
  user: string,
  lines: string[],
  { callId = token(), cseq = 1, body = "" }: { callId?: string; cseq?: number; body?: string } = {},
): Promise<SipMessage> {
  const branch = `z9hG4bK${token()}`;
  const text = [
    `REGISTER ${ours} SIP/2.0`,
    `Via: SIP/2.0/UDP ${ua.address}:${ua.port};branch=${branch};rport`,
    "Max-Forwards: 70",
    `From: <sip:${user}@${service.address}>;tag=${token()}`,
    `To: <sip:${user}@${service.address}>`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    ...lines,
    ...(body === "" ? [] : ["Content-Type: text/plain"]),
    `Content-Length: ${body.length}`,
  ].join("\r\n");
  ua.send(`${text}\r\n\r\n${body}`, service);
  return ua.wait("the answer to REGISTER", (m) => m.code >= 200 && header(m, "Via").includes(branch));
}

/** A challenge for this telephone's address. */
export const challenge = async (ua: Ua): Promise<string> =>
  header(await register(ua, "101", []), "WWW-Authenticate");

const credentialsFor = async (ua: Ua, user = "101", password = `pw-${user}`): Promise<string> =>
  authorize(await challenge(ua), user, password, "REGISTER", ours);

/** An INVITE with credentials at once, and its final answer. */
async function atOnce(
  world: World,
  ua: Ua,
  number: string,
  from: string,
  uri = `sip:${number}@${service.address}`,
) {
  const first = await world.call(ua, number, { from: `<sip:101@${service.address}>` });
  assert.equal(first.answer.code, 407);
  const answer = authorize(header(first.answer, "Proxy-Authenticate"), "101", "pw-101", "INVITE", uri);
  return world.call(ua, number, { from, extra: [`Proxy-Authorization: ${answer}`] });
}

/** Digest authentication as telephones do it: RFC 3261 22, RFC 7616, RFC 8760. */
export const passwords: Record<string, Scenario> = {
  "an old nonce with the right password is stale, with a wrong one it is not (RFC 7616 3.3)": async (
    world,
  ) => {
    const phone = await world.ua("198.18.77.51", 5070);
    const moved = await world.ua("198.18.77.52", 5070);
    const contact = "Contact: <sip:101@198.18.77.52:5070>";
    // A nonce holds for the address that asked for it: for another one it is as old.
    const old = await credentialsFor(phone);
    const right = await register(moved, "101", [contact, `Authorization: ${old}`]);
    assert.equal(right.code, 401);
    assert.match(header(right, "WWW-Authenticate"), /stale=true/i);
    const bad = await register(moved, "101", [contact, `Authorization: ${wrong(old)}`]);
    assert.equal(bad.code, 401);
    assert.doesNotMatch(header(bad, "WWW-Authenticate"), /stale=true/i);
    const again = authorize(header(right, "WWW-Authenticate"), "101", "pw-101", "REGISTER", ours);
    assert.equal((await register(moved, "101", [contact, `Authorization: ${again}`])).code, 200);

    // The same for a call.
    await world.phone("198.18.77.53", 5070, 200);
    world.decides(() => toUri("sip:1@198.18.77.53:5070"));
    const from = `<sip:101@${service.address}>`;
    const first = await world.call(phone, "5", { from });
    const uri = `sip:5@${service.address}`;
    const late = authorize(header(first.answer, "Proxy-Authenticate"), "101", "pw-101", "INVITE", uri);
    const asked = await world.call(moved, "5", { from, extra: [`Proxy-Authorization: ${late}`] });
    assert.equal(asked.answer.code, 407);
    assert.match(header(asked.answer, "Proxy-Authenticate"), /stale=true/i);
    // Who guesses by old nonces learns nothing more after 20 tries; nobody is banned by it, for the source may be forged.
    for (let i = 0; i < 21; i++) await register(moved, "101", [contact, `Authorization: ${wrong(old)}`]);
    const hidden = await register(moved, "101", [contact, `Authorization: ${old}`]);
    assert.doesNotMatch(header(hidden, "WWW-Authenticate"), /stale=true/i);
    assert.equal((await world.register(moved, "101", "pw-101")).code, 200);
  },

  "credentials of another number's call are refused, what telephones really write is not (RFC 7616 3.4.6)":
    async (world) => {
      await world.phone("198.18.77.53", 5070, 200);
      const phone = await world.ua("198.18.77.51");
      world.decides(() => toUri("sip:1@198.18.77.53:5070"));
      const from = `<sip:101@${service.address}>`;
      const uris = [
        `sip:%2B4977@${service.address}`,
        `sip:+4977@${service.address}:5060;transport=udp`,
        `sip:+4977@example.org`,
        `sip:+4977;phone-context=x@${service.address};user=phone`,
        ours,
        `sip:${service.address}:5060`,
        "tel:+4977",
      ];
      for (const digestUri of uris)
        assert.equal(
          (await world.call(phone, "+4977", { from, password: "pw-101", digestUri })).answer.code,
          200,
          digestUri,
        );
      for (const digestUri of [`sip:0900@${service.address}`, "tel:0900", `sip:x@${service.address}`])
        assert.equal(
          (await world.call(phone, "+4977", { from, password: "pw-101", digestUri })).answer.code,
          400,
          digestUri,
        );
      const other = authorize(
        await challenge(phone),
        "101",
        "pw-101",
        "REGISTER",
        `sip:102@${service.address}`,
      );
      const contact = `Contact: <sip:101@${phone.address}:${phone.port}>`;
      assert.equal((await register(phone, "101", [contact, `Authorization: ${other}`])).code, 400);
    },

  "several credentials, for other realms and other servers beside ours (RFC 3261 22.3)": async (world) => {
    await world.phone("198.18.77.53", 5070, 200);
    const phone = await world.ua("198.18.77.51", 5070);
    world.decides(() => toUri("sip:1@198.18.77.53:5070"));
    const foreign = (field: string, realm: string) =>
      `${field}: Digest username="stranger", realm="${realm}", nonce="abc", uri="sip:x", response="${"0".repeat(32)}"`;
    const contact = "Contact: <sip:101@198.18.77.51:5070>";
    const mine = `Authorization: ${await credentialsFor(phone)}`;
    const others = [
      foreign("Authorization", "example.org"),
      foreign("Proxy-Authorization", 'proxy, \\"one\\"'),
    ];
    assert.equal((await register(phone, "101", [contact, ...others, mine])).code, 200);
    assert.equal((await register(phone, "101", [contact, mine, ...others])).code, 200);
    // Only others': as none.
    assert.equal((await register(phone, "101", [contact, ...others])).code, 401);
    const called = await world.call(phone, "5", {
      from: `<sip:101@${service.address}>`,
      password: "pw-101",
      extra: [foreign("Proxy-Authorization", "proxy"), foreign("Authorization", "callee")],
    });
    assert.equal(called.answer.code, 200);
    assert.equal(world.own.questions.at(-1)?.user, "101");
    // What is not for us goes on to the called side, ours does not (RFC 3261 22.3).
    const got = await (world.uas[0] as Ua).wait("INVITE", (m) => m.method === "INVITE");
    assert.match(got.text, /realm="callee"/);
    assert.doesNotMatch(got.text, /realm="dialtone"/);
  },

  "without qop, and with auth-int, which covers the body (RFC 2069, RFC 7616 3.4.3)": async (world) => {
    const phone = await world.ua("198.18.77.51", 5070);
    const contact = "Contact: <sip:101@198.18.77.51:5070>";
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const nonce = /nonce="([^"]+)"/.exec(await challenge(phone))?.[1] ?? "";
    const a1 = md5("101:dialtone:pw-101");
    const base = `Digest username="101", realm="dialtone", nonce="${nonce}", uri="${ours}"`;
    const plain = `${base}, response="${md5(`${a1}:${nonce}:${md5(`REGISTER:${ours}`)}`)}"`;
    assert.equal((await register(phone, "101", [contact, `Authorization: ${plain}`])).code, 200);
    for (const body of ["", "something"]) {
      const a2 = md5(`REGISTER:${ours}:${md5(body)}`);
      const response = md5(`${a1}:${nonce}:00000002:c:auth-int:${a2}`);
      const whole = `${base}, qop=auth-int, nc=00000002, cnonce="c", response="${response}"`;
      assert.equal(
        (await register(phone, "101", [contact, `Authorization: ${whole}`], { body })).code,
        200,
        body,
      );
      const changed = await register(phone, "101", [contact, `Authorization: ${whole}`], {
        body: `${body}x`,
      });
      assert.equal(changed.code, 401);
    }
  },

  "a lost answer: the same REGISTER and the same INVITE again, nonce count and all": async (world) => {
    const callee = await world.phone("198.18.77.53", 5070, 200);
    const phone = await world.ua("198.18.77.51", 5070);
    const lines = ["Contact: <sip:101@198.18.77.51:5070>", `Authorization: ${await credentialsFor(phone)}`];
    const callId = token();
    for (let i = 0; i < 3; i++) {
      const got = await register(phone, "101", lines, { callId, cseq: 7 });
      assert.equal(got.code, 200);
      assert.match(header(got, "Contact"), /sip:101@198\.18\.77\.51:5070/);
    }
    world.decides(() => toUri("sip:1@198.18.77.53:5070"));
    const from = `<sip:101@${service.address}>`;
    const first = await world.call(phone, "5", { from });
    const uri = `sip:5@${service.address}`;
    const answer = authorize(header(first.answer, "Proxy-Authenticate"), "101", "pw-101", "INVITE", uri);
    const call = invite(phone, "5", { from, cseq: 2, extra: [`Proxy-Authorization: ${answer}`] });
    for (let i = 0; i < 3; i++) phone.send(call.text, service);
    await phone.wait("200", (m) => m.code === 200 && header(m, "Call-ID") === call.callId);
    assert.equal(phone.seen.filter((m) => m.code >= 300 && header(m, "Call-ID") === call.callId).length, 0);
    assert.equal(callee.seen.filter((m) => m.method === "INVITE").length, 1);
    // The same credentials for the next call: many telephones send them at once.
    const next = await world.call(phone, "5", { from, extra: [`Proxy-Authorization: ${answer}`] });
    assert.equal(next.answer.code, 200);
  },

  "who hides the number, or shows a direct-dial one, proves itself by its own name (RFC 3323, 3325)": async (
    world,
  ) => {
    await world.phone("198.18.77.53", 5070, 200);
    const phone = await world.ua("198.18.77.51");
    world.decides(({ user }) =>
      user === undefined ? rejected(407, "Who Are You") : toUri("sip:1@198.18.77.53:5070"),
    );
    const hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>';
    const preferred = `P-Preferred-Identity: <sip:101@${service.address}>`;
    const froms: [string, string[]][] = [
      [hidden, [preferred, "Privacy: id"]],
      [`"Anonymous" <sip:anonymous@${service.address}>`, [preferred, "Privacy: id"]],
      // Nothing tells that it is one of ours but that the number wants somebody of ours.
      [hidden, ["Privacy: id"]],
      [`<sip:+4977123456@${service.address}>`, []],
      ["<sip:+4977123456@pbx.example.org>", []],
    ];
    for (const [from, extra] of froms) {
      const called = await world.call(phone, "5", { from, extra, user: "101", password: "pw-101" });
      assert.equal(called.answer.code, 200, from);
      assert.equal(world.own.questions.at(-1)?.user, "101", from);
      const guessed = await world.call(phone, "5", { from, extra, user: "101", password: "wrong" });
      assert.equal(guessed.answer.code, 407, from);
      if (world.own.questions.at(-1)?.call_id !== guessed.callId) continue;
      assert.equal(kinds(await world.server.waitEvents(guessed.callId, ["start", "fail"])), "fail start");
    }
    for (const from of [hidden, `<sip:+4977123456@${service.address}>`])
      assert.equal((await atOnce(world, phone, "5", from)).answer.code, 200);
    // The credentials of one are not good in another's name.
    const stolen = await world.call(phone, "5", {
      from: hidden,
      extra: [preferred],
      user: "199",
      password: "pw-101",
    });
    assert.equal(stolen.answer.code, 407);
    sameBranch(phone, stolen, "ACK", header(stolen.answer, "To"));
  },
};
