import { setTimeout as delay } from "node:timers/promises";
import { one, type SipMessage, uriOf } from "../../src/sip/message.ts";
import { sdp } from "../../src/sip/sdp.ts";
import { openUdp, type Place } from "../../src/sip/transport.ts";
import { Credentials } from "../../src/sip/user-agent/credentials.ts";
import type { IncomingCall } from "../../src/sip/user-agent/incoming.ts";
import { Registration } from "../../src/sip/user-agent/registration.ts";
import { UserAgent } from "../../src/sip/user-agent/user-agent.ts";

/**
 * A desk telephone as click-to-dial needs it, in a process of its own: registers, rings, is picked up after a while, and calls whom
 * it is asked to (REFER, RFC 3515), telling what became of it. One line for each thing that happens: {did, ...}.
 * Argument: JSON of DeskOptions. Ends by SIGTERM, without a word.
 */
export interface DeskOptions {
  local: Place;
  service: Place;
  realm: string;
  user: string;
  password: string;
  /** It rings for so long. */
  answerAfterMs: number;
  /** What is dialled there as soon as it is registered, such as a star code. */
  dials?: string;
}

const options = JSON.parse(process.argv[2] ?? "") as DeskOptions;
const { local, service, realm, user, password } = options;
const tell = (did: string, more: object = {}) =>
  process.stdout.write(`${JSON.stringify({ did, ...more })}\n`);
const audio = () => ({
  headers: [["content-type", "application/sdp"]] as [string, string][],
  body: sdp(local.address, 40_000, 1, "sendrecv"),
});
const credentials = new Credentials({ user, password });
const contact = `<sip:${user}@${local.address}:${local.port}>`;

async function callAsAsked(first: IncomingCall, refer: SipMessage): Promise<void> {
  const notify = (line: string, state: string) =>
    first
      .request("NOTIFY", {
        headers: [
          ["event", "refer"],
          ["subscription-state", state],
          ["content-type", "message/sipfrag"],
        ],
        body: line,
      })
      .catch(() => undefined); // who asked has hung up
  const uri = uriOf(one(refer, "refer-to"));
  tell("calls", { uri });
  const second = agent.call({ uri, from: `<sip:${user}@${realm}>` }, { credentials });
  void notify("SIP/2.0 100 Trying", "active;expires=60");
  const { code, first: line } = await second.invite(audio());
  tell("called", { uri, code });
  await notify(line, "terminated;reason=noresource");
  await delay(500);
  if (code < 300) await second.bye();
  tell("over");
}

function ring(call: IncomingCall): void {
  tell("rings");
  call.ring();
  call.on = {
    acknowledged: () => tell("answered"),
    ended: (why) => tell("ended", { why }),
    request: (server) => {
      const refer = server.request.method === "REFER";
      call.respond(server, refer ? 202 : 405);
      if (refer)
        callAsAsked(call, server.request).catch((error: unknown) => tell("failed", { why: String(error) }));
    },
  };
  setTimeout(() => call.accept(audio()), options.answerAfterMs);
}

const agent = new UserAgent({
  transport: await openUdp(local),
  contact,
  outbound: service,
  invited: ring,
});
const { code } = await new Registration(
  agent,
  { registrar: `sip:${realm}`, aor: `sip:${user}@${realm}`, contact },
  credentials,
).register(3600);
tell("registered", { code });
if (options.dials !== undefined) {
  const uri = `sip:${encodeURIComponent(options.dials)}@${realm}`;
  const answer = await agent.call({ uri, from: `<sip:${user}@${realm}>` }, { credentials }).invite(audio());
  tell("dialled", { code: answer.code, reason: answer.first.slice("SIP/2.0 480 ".length) });
}
process.once("SIGTERM", () => process.exit());
