import { strict as assert } from "node:assert";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { inDialog, invite, service } from "../call.ts";
import { header, parse, token, type Ua } from "../ua.ts";
import { type Called, kinds, rejected, type Scenario, toUri, type World } from "../world.ts";

const torture = join(import.meta.dirname, "../../torture");

/** Both kinds of workers still do their work. */
async function alive(world: World, caller: Ua): Promise<Called> {
  const called = await world.call(caller, "5");
  assert.equal(called.answer.code, 200);
  return called;
}

const options = (ua: Ua, lines: string[] = []): string =>
  `${[
    `OPTIONS sip:${service.address} SIP/2.0`,
    `Via: SIP/2.0/UDP ${ua.address}:${ua.port};branch=z9hG4bK${token()};rport`,
    "Max-Forwards: 70",
    `From: <sip:x@${ua.address}>;tag=${token()}`,
    `To: <sip:${service.address}>`,
    `Call-ID: ${token()}`,
    "CSeq: 1 OPTIONS",
    ...lines,
    "Content-Length: 0",
  ].join("\r\n")}\r\n\r\n`;

/** What strangers send. */
export const attacks: Record<string, Scenario> = {
  "rubbish in headers never breaks a journal line": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const froms = [
      '"a|b|c" <sip:x|y@198.18.77.50>',
      '"\xc3\xa4\xff\xfe" <sip:x@198.18.77.50>',
      `"${"long".repeat(2000)}" <sip:x@198.18.77.50>`,
      `<sip:${"u".repeat(900)}@198.18.77.50>`,
      '"quo\\"te" <sip:%00%0a%7c@198.18.77.50>',
      "sip:plain@198.18.77.50",
      "<sip:198.18.77.50>",
    ];
    for (const from of froms) {
      const called = await world.call(caller, "5", { from });
      assert.equal(called.answer.code, 200, `${from.slice(0, 60)}: ${called.answer.text.split("\r\n")[0]}`);
      await world.hangUp(caller, called);
      const all = await world.server.waitEvents(called.callId, ["start", "answer", "end"]);
      assert.equal(kinds(all), "answer end start", from.slice(0, 60));
    }
    // A Call-ID that RFC 3261 does not allow, and one that is too long, are refused.
    for (const callId of ["a|b", "x".repeat(300)]) {
      const call = invite(caller, "5", { callId });
      caller.send(call.text, service);
      await caller.wait("400", (m) => m.code === 400 && header(m, "Call-ID") === callId);
    }
    // RFC 3261 allows this one (qdtext has LWS), Kamailio does not.
    const folded = invite(caller, "5", { from: '"folded\r\n name" <sip:x@198.18.77.50>' });
    caller.send(folded.text, service);
    await caller.wait("400", (m) => m.code === 400 && header(m, "Call-ID") === folded.callId);
    for (const uri of [`sip:${"9".repeat(600)}@198.18.77.100`]) {
      const call = invite(caller, "5", { uri });
      caller.send(call.text, service);
      await caller.wait("414", (m) => m.code === 414 && header(m, "Call-ID") === call.callId);
    }
    assert.ok(world.server.events().length >= froms.length * 3, "every line is whole");
  },

  "a called party with a strange To tag or reason phrase": async (world) => {
    const callee = await world.ua("198.18.77.51", 5070);
    callee.onRequest = (request) => {
      if (request.method !== "INVITE") return;
      callee.reply(request, 180, "Ringing", { tag: `t${"x".repeat(500)}` });
      const busy = header(request, "To").includes("busy");
      if (busy) callee.reply(request, 486, `Busy | \xff ${"long ".repeat(2000)}`, { tag: "ok" });
      else callee.reply(request, 200, "O|K \xff", { tag: `t|\x01${"x".repeat(6000)}` });
    };
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const failed = await world.call(caller, "busy");
    assert.equal(failed.answer.code, 486);
    const all = await world.server.waitEvents(failed.callId, ["start", "attempt", "fail"]);
    assert.ok(all.find((event) => event.kind === "fail")?.reason.startsWith("Busy | ? long"));
    const answered = await world.call(caller, "5");
    assert.equal(answered.answer.code, 200);
    const others = await world.server.waitEvents(answered.callId, ["start", "answer"]);
    assert.ok(others.find((event) => event.kind === "answer")?.to_tag.startsWith("t|?xxx"));
  },

  "no relaying: foreign Routes, dialogs that are not ours, foreign request URIs": async (world) => {
    const victim = await world.ua("198.18.77.51", 5070);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => rejected(404));
    const routed = await world.call(caller, "5", { extra: ["Route: <sip:198.18.77.51:5070;lr>"] });
    assert.equal(routed.answer.code, 403);
    const both = await world.call(caller, "6", {
      extra: ["Route: <sip:198.18.77.100;lr>, <sip:198.18.77.51:5070;lr>"],
    });
    assert.equal(both.answer.code, 403);
    const foreign = await world.call(caller, "7", { uri: "sip:7@198.18.77.51:5070" });
    assert.equal(foreign.answer.code, 404);
    assert.equal(world.own.questions.at(-1)?.request_uri, "sip:7@198.18.77.51:5070");
    const fake = parse(
      `SIP/2.0 200 OK\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>;tag=2\r\nCall-ID: ${token()}\r\nCSeq: 1 INVITE\r\nContact: <sip:b@198.18.77.51:5070>\r\n\r\n`,
      service,
    );
    caller.send(inDialog(caller, fake, "BYE", 2), service);
    await caller.wait("404 of the BYE", (m) => m.code === 404 && m.method === "BYE");
    assert.equal(victim.seen.length, 0);
  },

  "loops end: a rule whose target is this service, Max-Forwards at zero": async (world) => {
    const caller = await world.ua("198.18.77.50");
    world.decides((question) => toUri(`sip:${String(question.number)}@198.18.77.100`));
    const before = world.own.asked;
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 482);
    assert.ok(world.own.asked - before <= 6, `asked ${world.own.asked - before} times`);
    const hops = await world.call(caller, "5", { maxForwards: 0 });
    assert.equal(hops.answer.code, 483);
  },

  "replication and management are for the cluster alone": async (world) => {
    const stranger = await world.ua("198.18.77.50");
    for (const address of ["198.18.77.100", "198.18.77.11"]) {
      const text = options(stranger)
        .replaceAll("OPTIONS", "KDMQ")
        .replace("sip:198.18.77.100 ", "sip:usrloc@198.18.77.100 ");
      stranger.send(text, { address, port: 5060 });
    }
    stranger.send(options(stranger), { address: "198.18.77.11", port: 5060 });
    stranger.send(options(stranger), service);
    await stranger.wait("200 from the service address", (m) => m.code === 200);
    assert.equal(stranger.seen.length, 1);
  },

  "20 wrong passwords ban their source for a while, and nobody else": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const guesser = await world.ua("198.18.77.54");
    const other = await world.ua("198.18.77.50");
    for (let i = 0; i < 20; i++) assert.equal((await world.register(guesser, "101", `guess-${i}`)).code, 401);
    await assert.rejects(world.register(guesser, "101", "pw-101"), /waited 3000 ms for a challenge/);
    assert.equal((await world.register(other, "101", "pw-101")).code, 200);
    await alive(world, other);
  },

  "nobody calls in the name of a user of ours without the password": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const from = "<sip:101@198.18.77.100>";
    assert.equal((await world.call(caller, "5", { from })).answer.code, 407);
    assert.equal((await world.call(caller, "5", { from, password: "wrong" })).answer.code, 407);
    const right = await world.call(caller, "5", { from, password: "pw-101" });
    assert.equal(right.answer.code, 200);
    assert.equal(world.own.questions.at(-1)?.user, "101");
    const seen = world.uas[0]?.seen.find((m) => m.method === "INVITE");
    assert.equal(header(seen?.text ?? "", "Proxy-Authorization"), "");
    // Somebody of our domain whom nobody knows is an outside caller.
    const carrier = await world.call(caller, "5", { from: "<sip:+41441234567@198.18.77.100>" });
    assert.equal(carrier.answer.code, 200);
    assert.equal(world.own.questions.at(-1)?.user, undefined);
  },

  "the torture messages of RFC 4475 and RFC 5118: answered as they should be, and survived": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const files = readdirSync(torture).filter((file) => file.endsWith(".sip"));
    assert.ok(files.length >= 20);
    const uas = await Promise.all(files.map(() => world.ua("198.18.77.52")));
    for (const [i, file] of files.entries()) uas[i]?.send(readFileSync(join(torture, file)), service);
    const answers = await Promise.all(
      files.map(async (file, i) => {
        const got = await uas[i]?.wait("an answer", (m) => m.code >= 200, 5000).catch(() => undefined);
        return [file, String(got?.code ?? "silence")] as const;
      }),
    );
    const wanted = JSON.parse(readFileSync(join(torture, "expected.json"), "utf8")) as Record<string, string>;
    assert.deepEqual(Object.fromEntries(answers), wanted);
    await alive(world, caller);
    assert.doesNotThrow(() => world.server.events());
  },

  "random bytes, cut messages, huge messages over UDP and TCP": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const whole = Buffer.from(invite(caller, "5").text);
    for (let i = 0; i < 300; i++) {
      const copy = Buffer.from(whole);
      for (let k = 0; k < 1 + (i % 8); k++)
        copy[Math.floor(Math.random() * copy.length)] = Math.floor(Math.random() * 256);
      caller.send(i % 3 === 0 ? copy.subarray(0, Math.floor(Math.random() * copy.length)) : copy, service);
    }
    caller.send(`${"x".repeat(60_000)}`, service);
    for (const text of [
      "\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "x".repeat(200_000),
      `${whole.toString().replace("Length: 0", "Length: 99999999")}`,
    ]) {
      const socket = connect(service.port, service.address);
      socket.on("error", () => socket.destroy());
      await once(socket, "connect");
      socket.end(text);
    }
    await alive(world, caller);
    assert.doesNotThrow(() => world.server.events());
  },

  "a call over TCP": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const socket = connect({ port: service.port, host: service.address, localAddress: "198.18.77.50" });
    await once(socket, "connect");
    const call = invite(caller, "5");
    socket.write(call.text.replace("SIP/2.0/UDP", "SIP/2.0/TCP"));
    let text = "";
    while (!text.includes("SIP/2.0 200")) text += String((await once(socket, "data"))[0]);
    const answer = parse(text.slice(text.indexOf("SIP/2.0 200")), service);
    socket.write(inDialog(caller, answer, "ACK", 1).replace("SIP/2.0/UDP", "SIP/2.0/TCP"));
    socket.write(inDialog(caller, answer, "BYE", 2).replace("SIP/2.0/UDP", "SIP/2.0/TCP"));
    text = "";
    while (!text.includes("2 BYE")) text += String((await once(socket, "data"))[0]);
    socket.destroy();
    assert.equal(
      kinds(await world.server.waitEvents(call.callId, ["start", "answer", "end"])),
      "answer end start",
    );
    assert.equal(world.own.questions.at(-1)?.transport, "tcp");
  },
};
