import { strict as assert } from "node:assert";
import { inDialog, inDialogCallee, service } from "../call.ts";
import { ha1, header, headers, type SipMessage, token, type Ua } from "../ua.ts";
import { type Called, rejected, type Scenario, toUri, type World } from "../world.ts";

const carrier = "198.18.77.54";
const hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>';
const at = (user: string) => `<sip:${user}@${service.address}>`;
const boss = [
  `P-Asserted-Identity: "The Boss" ${at("1001")}`,
  `P-Preferred-Identity: ${at("1001")}`,
  `Remote-Party-ID: "The Boss" ${at("1001")};party=calling;screen=yes`,
  `Diversion: ${at("1001")};reason=unconditional`,
  `History-Info: ${at("1001")};index=1`,
];

/** Two called telephones, one of them a carrier's that is trusted, and who calls them. */
async function sides(world: World) {
  const phone = await world.phone("198.18.77.53", 5070, 200);
  const trunk = await world.phone(carrier, 5070, 200);
  world.decides(({ number, user, from, source }) => {
    const { domain } = from as { domain: string };
    const { address } = source as { address: string };
    if (/100$|invalid$/.test(domain) && user === undefined && address !== carrier)
      return rejected(407, "Who Are You");
    return {
      ...toUri(number === "0" ? `sip:0@${carrier}:5070` : "sip:1@198.18.77.53:5070"),
      ...(number === "2" && { caller_id: { number: "0800", name: "Desk" } }),
    };
  });
  const credentials = ({ user, realm }: { user: string; realm: string }) =>
    user === "101" || user === "102"
      ? {
          user,
          ...ha1(user, realm, `pw-${user}`),
          ...(user === "101" && { shows: "^([+]4977123.*|0800770)$" }),
        }
      : undefined;
  world.own.credentials = credentials;
  world.peer.credentials = credentials;
  return { phone, trunk, stranger: await world.ua("198.18.77.50"), believed: await world.ua(carrier) };
}

/** What the called side saw of a call. */
async function seen(
  world: World,
  ua: Ua,
  to: Ua,
  number: string,
  options: Parameters<World["call"]>[2] = {},
) {
  const called = await world.call(ua, number, options);
  assert.equal(called.answer.code, 200, `${number} ${JSON.stringify(options)}`);
  const got = await to.wait("INVITE", (m) => m.method === "INVITE" && header(m, "Call-ID") === called.callId);
  await world.hangUp(ua, called);
  return got;
}

const none = (got: SipMessage) => {
  for (const name of [
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Remote-Party-ID",
    "Diversion",
    "History-Info",
  ])
    assert.deepEqual(headers(got, name), [], name);
};

const identities: Record<string, Scenario> = {
  "nobody but a trusted source asserts an identity (RFC 3325 5)": async (world) => {
    const { phone, trunk, stranger, believed } = await sides(world);
    for (const [to, number] of [
      [phone, "1"],
      [trunk, "0"],
      [phone, "2"],
    ] as const)
      none(
        await seen(world, stranger, to, number, { extra: boss.filter((line) => !line.startsWith("P-Pref")) }),
      );
    // However the fields are written (RFC 3261 7.3.1), and how many there are.
    const sly = boss.map((line) => line.replace(/^[^:]+/, (name) => `${name.toLowerCase()} `));
    none(
      await seen(world, stranger, phone, "1", {
        extra: [...sly, ...sly].filter((line) => !/^p-pref/.test(line)),
      }),
    );
    // A tel: From (RFC 3966) has no domain.
    const tel = await seen(world, stranger, phone, "2", { from: "<tel:+4977999>", extra: sly.slice(0, 1) });
    assert.match(header(tel, "From"), /^"Desk" <sip:0800@/);
    none(await seen(world, stranger, phone, "1", { from: "<tel:+4977999>", extra: sly.slice(0, 1) }));
    assert.doesNotMatch(
      (await seen(world, stranger, phone, "1", { from: "<tel:+4977999>", extra: ["privacy: id"] })).text,
      /4977999/,
    );
    const got = await seen(world, believed, phone, "1", { extra: boss });
    assert.match(header(got, "P-Asserted-Identity"), /The Boss/);
    assert.match(header(got, "Diversion"), /1001/);
    assert.match(header(got, "History-Info"), /1001/);
    assert.equal(header(got, "P-Preferred-Identity"), "");
    // Not beside another one that was decided.
    const shown = await seen(world, believed, phone, "2", { extra: boss });
    assert.deepEqual(headers(shown, "P-Asserted-Identity"), [at("0800")]);
    assert.equal(header(shown, "Remote-Party-ID"), "");
    // RFC 8224: passed on untouched.
    const signed =
      "Identity: eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://cert.example.org/a>;alg=ES256;ppt=shaken";
    assert.equal(
      `Identity: ${header(await seen(world, stranger, phone, "1", { extra: [signed] }), "Identity")}`,
      signed,
    );
    assert.equal(header(await seen(world, stranger, phone, "2", { extra: [signed] }), "Identity"), "");
  },

  "a user of ours asserts and shows what it may (RFC 3325 5)": async (world) => {
    const { phone, trunk, stranger } = await sides(world);
    const as = (from: string, extra: string[] = [], user = "101") => ({
      from,
      extra,
      user,
      password: `pw-${user}`,
    });
    const asserted = async (options: Parameters<World["call"]>[2], to = phone, number = "1") => {
      const got = await seen(world, stranger, to, number, options);
      return [headers(got, "P-Asserted-Identity").join(), header(got, "From").replace(/;tag.*/, "")];
    };
    // Its own name, a direct-dial number, the number that it prefers.
    assert.deepEqual(await asserted(as(at("101"))), ["", at("101")]);
    assert.deepEqual(await asserted(as(at("+4977123456"))), [at("+4977123456"), at("+4977123456")]);
    assert.deepEqual(await asserted(as(at("101"), [`P-Preferred-Identity: ${at("0800770")}`])), [
      at("0800770"),
      at("101"),
    ]);
    assert.deepEqual(await asserted(as(at("101"), ["P-Asserted-Identity: <tel:+4977123>"])), [
      at("+4977123"),
      at("101"),
    ]);
    // Others' identities are not asserted, and not shown.
    assert.deepEqual(await asserted(as(at("101"), boss)), [at("101"), at("101")]);
    assert.deepEqual(await asserted(as(`"The Boss" ${at("1001")}`)), [at("101"), at("101")]);
    assert.equal(world.own.questions.at(-1)?.user, "101");
    assert.deepEqual(world.own.questions.at(-1)?.from, {
      user: "101",
      domain: service.address,
      display: "The Boss",
    });
    assert.deepEqual(await asserted(as(at("+4977123456"), [], "102")), [at("102"), at("102")]);
    // A diverted call: by a number of its own only (RFC 5806).
    const diverted = async (number: string) =>
      header(
        await seen(world, stranger, phone, "1", as(at("101"), [`Diversion: ${at(number)};reason=no-answer`])),
        "Diversion",
      );
    assert.match(await diverted("+4977123456"), /4977123456/);
    assert.equal(await diverted("1001"), "");
    // Hidden: nobody sees it but who keeps it (RFC 3323 4.1.1.3, RFC 3325 7).
    for (const from of [hidden, `"Anonymous" ${at("anonymous")}`]) {
      const private_ = as(from, [`P-Preferred-Identity: ${at("+4977123456")}`, "Privacy: id"]);
      assert.deepEqual((await asserted(private_))[0], "");
      assert.deepEqual((await asserted(private_, trunk, "0"))[0], at("+4977123456"));
    }
    assert.deepEqual(await asserted(as(hidden), trunk, "0"), [at("101"), hidden]);
  },

  "a call that comes back to us (a chain of numbers) is judged once": async (world) => {
    const { phone, trunk, stranger } = await sides(world);
    const decided = world.own.decide;
    world.decides((question) => {
      const direct = decided(question) as { action: string };
      const onwards = { "9": "1", "8": "0" }[String(question.number)];
      return direct.action === "reject" || onwards === undefined
        ? direct
        : toUri(`sip:${onwards}@${service.address}`);
    });
    const mine = { from: at("+4977123456"), user: "101", password: "pw-101" };
    const got = await seen(world, stranger, phone, "9", mine);
    assert.match(header(got, "From"), /4977123456/);
    assert.deepEqual(headers(got, "P-Asserted-Identity"), [at("+4977123456")]);
    assert.equal(world.own.questions.at(-1)?.user, "101");
    const private_ = { ...mine, from: hidden };
    none(await seen(world, stranger, phone, "9", private_));
    assert.deepEqual(headers(await seen(world, stranger, trunk, "8", private_), "P-Asserted-Identity"), [
      at("101"),
    ]);
    none(
      await seen(world, stranger, phone, "9", { extra: boss.filter((line) => !line.startsWith("P-Pref")) }),
    );
    const secret = { from: '"Ada" <sip:+4977999@198.18.77.50>', extra: ["Privacy: id"] };
    assert.doesNotMatch((await seen(world, stranger, phone, "9", secret)).text, /4977999|Ada/);
  },

  "Privacy is obeyed towards the untrusted, and only there (RFC 3323 5, RFC 3325 7)": async (world) => {
    const { phone, trunk, stranger, believed } = await sides(world);
    const from = '"Ada Secret" <sip:+4977999@198.18.77.54>';
    const told = [
      "P-Asserted-Identity: <tel:+4977999>",
      `Remote-Party-ID: ${at("+4977999")}`,
      "Subject: Ada",
      "User-Agent: Ada",
    ];
    for (const privacy of ["id", "user", "header; id", "user;critical", "session,id", "ID"]) {
      const extra = [
        ...told,
        `Privacy: ${privacy}`,
        "Identity: e30.eyJvcmlnIjoiNDk3Nzk5OSJ9.x;info=<https://x>",
      ];
      const got = await seen(world, believed, phone, "1", { from, extra });
      assert.doesNotMatch(got.text, /4977999|Ada|eyJvcmln/, privacy);
      assert.match(header(got, "From"), /^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/);
      const kept = await seen(world, believed, trunk, "0", { from, extra });
      assert.equal(header(kept, "P-Asserted-Identity"), "<tel:+4977999>");
      assert.match(header(kept, "From"), /Ada Secret/);
      assert.match(header(kept, "Privacy"), new RegExp(privacy, "i"));
    }
    // A stranger's wish too, and in spite of a rule that would show a number.
    const wish = await seen(world, stranger, phone, "2", { from, extra: ["Privacy: id"] });
    assert.match(header(wish, "From"), /anonymous\.invalid/);
    const open = await seen(world, believed, phone, "1", { from, extra: [...told, "Privacy: none"] });
    assert.equal(header(open, "P-Asserted-Identity"), "<tel:+4977999>");
    assert.match(header(open, "From"), /Ada Secret/);
    const history = [
      "History-Info: <sip:1001@x>;index=1",
      "Privacy: history",
      "Diversion: <sip:1@x>;privacy=full",
    ];
    none(await seen(world, believed, phone, "1", { extra: history }));
    // What we can not do and must (RFC 3323 5).
    const refused = await world.call(stranger, "1", { extra: ["Privacy: header;critical"] });
    assert.equal(refused.answer.code, 500);
  },

  "a carrier that delivers a From of our own domain is not asked; a stranger is": async (world) => {
    const { phone, stranger, believed } = await sides(world);
    const from = `"Ada" ${at("101")}`;
    assert.match(header(await seen(world, believed, phone, "1", { from }), "From"), /101/);
    assert.equal(world.own.questions.at(-1)?.user, undefined);
    assert.equal((await world.call(stranger, "1", { from })).answer.code, 407);
    // A number that only users may call: who can not log in is told at once.
    world.decides(() => rejected(407, "x"));
    assert.equal((await world.call(believed, "5", { from })).answer.code, 404);
    // Credentials are checked wherever they come from.
    sidesAnswer(world);
    const wrong = await world.call(believed, "1", { from, password: "pw-101" });
    assert.equal(wrong.answer.code, 200);
  },

  "another caller is shown in the whole dialog, in both directions": async (world) => {
    const { phone: callee } = await sides(world);
    const caller = await world.phone("198.18.77.52", 5080, 200);
    const own = '"Ada Secret" <sip:+4977999@198.18.77.52>';
    const written = [
      own,
      '"Ada Secret" <sip:+4977999@198.18.77.52:5080>',
      "<sip:+4977999@198.18.77.52;user=phone>",
      "sip:+4977999@198.18.77.52",
      '"Ada" <sip:+4977999@a.much.longer.name.than.the.first.one.example.org:5080;transport=udp>',
      "<sip:+4977999@x>",
    ];
    for (const first of written.slice(0, 4)) {
      const called = await world.call(caller, "2", { from: first });
      assert.equal(called.answer.code, 200);
      const mine = (m: SipMessage) => header(m, "Call-ID") === called.callId;
      assert.equal(header(called.answer, "From").replace(/;tag=[^;]*$/, ""), first);
      world.ack(caller, called);
      let cseq = 2;
      for (const later of written)
        for (const method of ["INVITE", "INFO", "ACK"]) {
          if (method === "ACK") continue;
          cseq += 1;
          const text = inDialog(caller, called.answer, method, cseq).replace(
            /^From: .*?(;tag=[^;\r]*)\r$/im,
            `From: ${later}$1\r`,
          );
          caller.send(text, service);
          const answer = await caller.wait(
            `200 of ${method}`,
            (m) => mine(m) && m.code === 200 && header(m, "CSeq") === `${cseq} ${method}`,
          );
          assert.equal(header(answer, "From").replace(/;tag=[^;]*$/, ""), later);
          const ack = inDialog(caller, called.answer, "ACK", cseq).replace(
            /^From: .*?(;tag=[^;\r]*)\r$/im,
            `From: ${later}$1\r`,
          );
          if (method === "INVITE") caller.send(ack, service);
        }
      // The called side's requests: it knows the caller by what it was shown.
      const invited = await callee.wait("INVITE", (m) => mine(m) && m.method === "INVITE");
      assert.match(header(invited, "From"), /^"Desk" <sip:0800@198\.18\.77\.100>;tag=/);
      const tag = /tag=([^;]*)/.exec(header(called.answer, "To"))?.[1] ?? "";
      for (const [n, method] of [
        [20, "INFO"],
        [21, "INVITE"],
      ] as const) {
        callee.send(inDialogCallee(callee, invited, tag, method, n), service);
        const answer = await callee.wait(
          `200 of ${method}`,
          (m) => mine(m) && m.code === 200 && header(m, "CSeq") === `${n} ${method}`,
        );
        assert.match(header(answer, "To"), /sip:0800@198\.18\.77\.100>;tag=/);
        const got = await caller.wait(
          method,
          (m) => mine(m) && m.method === method && m.code === 0 && header(m, "CSeq") === `${n} ${method}`,
        );
        assert.match(header(got, "To"), /sip:\+4977999@198\.18\.77\.52/);
        assert.doesNotMatch(header(got, "To"), /sip:0800@/);
      }
      callee.send(inDialogCallee(callee, invited, tag, "ACK", 21), service);
      caller.send(
        inDialog(caller, called.answer, "BYE", 40).replace(
          /^From: .*?(;tag=[^;\r]*)\r$/im,
          `From: ${written[1]}$1\r`,
        ),
        service,
      );
      await caller.wait("200 of BYE", (m) => mine(m) && header(m, "CSeq") === "40 BYE" && m.code === 200);
      for (const method of ["INVITE", "INFO", "ACK", "BYE"])
        assert.ok(
          callee.seen.some((m) => mine(m) && m.method === method && m.code === 0),
          method,
        );
      for (const m of callee.seen.filter((m) => mine(m) && m.code === 0)) {
        assert.match(header(m, "From"), /^"Desk" <sip:0800@198\.18\.77\.100>;tag=[^;]*$/, m.text);
        assert.doesNotMatch(m.text, /4977999|Ada/);
      }
    }
  },

  "a hidden caller stays hidden in the whole dialog; the ACK and CANCEL of a failure too": async (world) => {
    const { phone: callee } = await sides(world);
    const busy = await world.phone("198.18.77.51", 5071, 180, 486);
    const ringing = await world.ua("198.18.77.51", 5072);
    ringing.onRequest = (request) => {
      if (request.method === "INVITE") ringing.reply(request, 180, "Ringing", { tag: "r" });
      if (request.method === "CANCEL") ringing.reply(request, 200, "OK", { tag: "r" });
    };
    const caller = await world.phone("198.18.77.52", 5080, 200);
    const answering = await world.ua("198.18.77.51", 5073);
    answering.onRequest = async (request) => {
      if (request.method === "INVITE") await world.anotherRings(caller, request, "none");
      if (request.method !== "ACK") answering.reply(request, 200, "OK", { tag: "a" });
    };
    const from = '"Ada Secret" <sip:+4977999@198.18.77.52>';
    const extra = ["Privacy: id"];
    const called = await world.call(caller, "1", { from, extra });
    assert.match(header(called.answer, "From"), /^"Ada Secret" <sip:\+4977999@198\.18\.77\.52>;tag=/);
    world.ack(caller, called);
    caller.send(inDialog(caller, called.answer, "INFO", 3), service);
    const answer = await caller.wait("200", (m) => header(m, "CSeq") === "3 INFO" && m.code === 200);
    assert.match(header(answer, "From"), /Ada Secret/);
    const invited = await callee.wait("INVITE", (m) => m.method === "INVITE");
    const tag = /tag=([^;]*)/.exec(header(called.answer, "To"))?.[1] ?? "";
    callee.send(inDialogCallee(callee, invited, tag, "BYE", 9), service);
    await callee.wait("200 of BYE", (m) => m.code === 200 && header(m, "CSeq") === "9 BYE");
    for (const ids of [{ extra }, { extra: [], shows: true }]) {
      world.decides(() => ({
        ...toUri("sip:1@198.18.77.51:5071"),
        ...(ids.shows && { caller_id: { number: "0800" } }),
      }));
      const failed: Called = await world.call(caller, "3", { from, extra: ids.extra, callId: token() });
      assert.equal(failed.answer.code, 486);
      await busy.wait("ACK", (m) => m.method === "ACK" && header(m, "Call-ID") === failed.callId);
      world.decides(() => ({
        ...toUri("sip:2@198.18.77.51:5072", "sip:3@198.18.77.51:5073"),
        strategy: "parallel",
        ...(ids.shows && { caller_id: { number: "0800" } }),
      }));
      const both = await world.call(caller, "4", { from, extra: ids.extra });
      await ringing.wait("CANCEL", (m) => m.method === "CANCEL" && header(m, "Call-ID") === both.callId);
      await world.hangUp(caller, both);
    }
    for (const ua of [callee, busy, ringing, answering])
      for (const m of ua.seen.filter((m) => m.code === 0)) assert.doesNotMatch(m.text, /4977999|Ada/, m.text);
  },

  "another caller is shown also when another process carries the call on": async (world) => {
    const { phone: callee } = await sides(world);
    const caller = await world.phone("198.18.77.52", 5080, 200);
    const called = await world.call(caller, "2", { from: '"Ada Secret" <sip:+4977999@198.18.77.52>' });
    world.ack(caller, called);
    const invited = await callee
      .wait("ACK", (m) => m.method === "ACK")
      .then(() => callee.seen[0] as SipMessage);
    await world.server.stop("SIGKILL");
    await world.server.start();
    const tag = /tag=([^;]*)/.exec(header(called.answer, "To"))?.[1] ?? "";
    callee.send(inDialogCallee(callee, invited, tag, "INFO", 9), service);
    const info = await caller.wait("INFO", (m) => m.method === "INFO");
    assert.match(header(info, "To"), /<sip:\+4977999@198\.18\.77\.52>;tag=/);
    caller.send(
      inDialog(caller, called.answer, "BYE", 40).replace(
        "+4977999@198.18.77.52",
        "+4977999@198.18.77.52:5080",
      ),
      service,
    );
    const bye = await callee.wait("BYE", (m) => m.method === "BYE");
    assert.match(header(bye, "From"), /^"Desk" <sip:0800@198\.18\.77\.100>;tag=/);
  },
};

/** Decides calls to the called telephone again. */
function sidesAnswer(world: World): void {
  world.decides(() => toUri("sip:1@198.18.77.53:5070"));
}

/** Who a caller is: RFC 3323, RFC 3325. */
export const identity = Object.fromEntries(
  Object.entries(identities).map(([name, run]) => [name, { run, sip: { trusted: [carrier] } }]),
);
