import { strict as assert } from "node:assert";
import { type InviteOptions, inDialog, inDialogCallee, invite, service } from "../call.ts";
import { header, headers, tagOf, token } from "../ua.ts";
import { kinds, type Scenario, toUri, type World } from "../world.ts";

const S = service.address;

const ours = [
  `<sip:${S};lr>`,
  `<sip:${S}:5060;transport=udp;lr>`,
  `"Proxy" <sip:${S}:5060;lr=on>;x=y`,
  "<sip:sip.example.org;lr>",
  "<sip:SIP.Example.ORG:5060;transport=udp;lr>",
  // The realm, a node's own address, the other node's.
  "<sip:dialtone;lr>",
  "<sip:198.18.77.11;lr>",
  "<sip:198.18.77.12:5060;lr>",
  // Strict, as RFC 2543 wrote it.
  `<sip:${S}>`,
  "<sip:sip.example.org>",
];

const notOurs = [
  "<sip:other.example.org;lr>",
  "<sip:198.18.77.51:5070;lr>",
  "<sip:198.18.77.51:5070>",
  `<sip:${S};lr>, <sip:198.18.77.51:5070;lr>`,
  `<sip:${S};lr>, <sip:198.18.77.51:5070>`,
];

const optionsRequest = (address: string, port: number, hops: number, uri = `sip:${S}`): string =>
  `${[
    `OPTIONS ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${token()};rport`,
    `Max-Forwards: ${hops}`,
    `From: <sip:x@${address}>;tag=${token()}`,
    `To: <${uri}>`,
    `Call-ID: ${token()}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
  ].join("\r\n")}\r\n\r\n`;

async function codeOf(world: World, options: InviteOptions, number = "5"): Promise<number> {
  const caller = await world.ua("198.18.77.50");
  return (await world.call(caller, number, options)).answer.code;
}

const names = { names: ["sip.example.org"] };

/** What stands between telephones and us: RFC 3261 16. */
export const proxies: Record<string, { run: Scenario; sip: Record<string, unknown> }> = {
  "an outbound proxy in Route that is us, by address and by name; any other is refused (RFC 3261 16.4)": {
    sip: names,
    run: async (world) => {
      const phone = await world.phone("198.18.77.51", 5070, 200);
      world.decides(() => toUri("sip:1@198.18.77.51:5070"));
      for (const route of ours) {
        const extra = [`Route: ${route}`];
        assert.equal((await world.register(phone, "101", "pw-101", service, { extra })).code, 200, route);
        assert.equal(await codeOf(world, { extra }), 200, route);
      }
      const before = phone.seen.length;
      for (const route of notOurs)
        assert.equal(await codeOf(world, { extra: [`Route: ${route}`] }), 403, route);
      assert.equal(phone.seen.length, before);
      // The name of the service in the request URI and in From.
      const from = "<sip:101@sip.example.org>";
      assert.equal(await codeOf(world, { uri: "sip:5@SIP.example.org", from }), 407);
    },
  },

  "a strict router before us: whom it means stands last in Route (RFC 3261 12.2.1.1, 16.4)": {
    sip: names,
    run: async (world) => {
      await world.phone("198.18.77.51", 5070, 200);
      world.decides(() => toUri("sip:1@198.18.77.51:5070"));
      for (const uri of [`sip:${S}`, "sip:sip.example.org;lr"]) {
        const extra = [`Route: <sip:198.18.77.53:5060>, <sip:4711@${S}>`];
        assert.equal(await codeOf(world, { uri, extra }), 200);
        assert.equal(world.own.questions.at(-1)?.number, "4711");
      }
      const foreign = [`Route: <sip:4711@198.18.77.51:5070>`];
      assert.notEqual(await codeOf(world, { uri: `sip:${S}`, extra: foreign }), 200);
    },
  },

  "the outbound proxy stands in the Route of requests in the call too": {
    sip: names,
    run: async (world) => {
      const callee = await world.phone("198.18.77.51", 5070, 200);
      world.decides(() => toUri("sip:1@198.18.77.51:5070"));
      const caller = await world.ua("198.18.77.50");
      const called = await world.call(caller, "5");
      const routes = [
        "<sip:sip.example.org;lr>",
        ...headers(called.answer, "Record-Route")
          .flatMap((value) => value.split(/,\s*(?=<)/))
          .reverse(),
      ];
      caller.send(inDialog(caller, called.answer, "ACK", 1, routes), service);
      await callee.wait("the ACK", (m) => m.method === "ACK");
      caller.send(inDialog(caller, called.answer, "BYE", 2, routes), service);
      await caller.wait("200 of the BYE", (m) => m.code === 200 && header(m, "CSeq") === "2 BYE");
      const events = await world.server.waitEvents(called.callId, ["start", "answer", "end"]);
      assert.equal(kinds(events), "answer end start");
    },
  },

  "two Vias in one line, and another proxy's Record-Route (RFC 3261 7.3.1, 16.6)": {
    sip: {},
    run: async (world) => {
      const callee = await world.phone("198.18.77.52", 5070, 200);
      const proxy = await world.ua("198.18.77.50", 5090);
      world.decides(() => ({ ...toUri("sip:1@198.18.77.52:5070"), media: "nat" }));
      const made = invite(proxy, "5", { contact: "<sip:caller@198.18.77.53:5077>" });
      const line = /^Via: (.*)\r\n/m.exec(made.text)?.[1] ?? "";
      const text = made.text
        .replace(/^Via: .*\r\n/m, `Via: ${line}, SIP/2.0/UDP 198.18.77.53:5077;branch=z9hG4bKphone\r\n`)
        .replace(
          "Max-Forwards",
          "Record-Route: <sip:198.18.77.50:5090;lr;x=1>,\r\n <sip:198.18.77.54;lr>\r\nMax-Forwards",
        );
      proxy.send(text, service);
      const answer = await proxy.wait("200", (m) => m.code === 200);
      assert.match(headers(answer, "Via").join(","), /198\.18\.77\.50:5090.*198\.18\.77\.53:5077/);
      const got = await callee.wait("INVITE", (m) => m.method === "INVITE");
      // The Contact is left alone: the proxy's Record-Route says the way back.
      assert.equal(header(got, "Contact"), "<sip:caller@198.18.77.53:5077>");
      callee.send(inDialogCallee(callee, got, tagOf(header(answer, "To")), "BYE", 7), service);
      const bye = await proxy.wait("the BYE", (m) => m.method === "BYE");
      assert.match(bye.first, /^BYE sip:caller@198\.18\.77\.53:5077/);
      assert.match(headers(bye, "Route").join(","), /198\.18\.77\.50:5090.*198\.18\.77\.54/);
      proxy.reply(bye, 200, "OK");
      await callee.wait("200 of the BYE", (m) => m.code === 200);
    },
  },

  "Max-Forwards 0: OPTIONS and REGISTER are for us and answered, an INVITE goes no further (RFC 3261 11, 16.3)":
    {
      sip: {},
      run: async (world) => {
        const ua = await world.ua("198.18.77.50");
        for (const hops of [0, 1, 70]) {
          const text = optionsRequest(ua.address, ua.port, hops);
          ua.send(text, service);
          const id = header(text, "Call-ID");
          const answer = await ua.wait("an answer", (m) => header(m, "Call-ID") === id);
          assert.equal(answer.code, 200, `Max-Forwards ${hops}`);
          assert.match(header(answer, "Allow"), /INVITE/);
        }
        const call = await world.call(ua, "5", { maxForwards: 0 });
        assert.equal(call.answer.code, 483);
      },
    },
};
