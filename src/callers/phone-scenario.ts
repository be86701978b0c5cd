import { message, plain, reply, scenario, sdp, via } from "./scenario.ts";

/** What a telephone does that is called, message by message. Pure. */

/** How a telephone behaves when it is called. Times in milliseconds. */
export interface PhoneOptions {
  /** `answer`: 180, then 200. `busy`: 486. `decline`: 603. `ring`: 180 and nothing more. `silent`: no reply at all. */
  behaviour: "answer" | "busy" | "decline" | "ring" | "silent";
  /** Between 180 and 200; 0 answers at once, without 180. */
  ringMs: number;
  /** The telephone hangs up after so long; unset: it waits for the caller to do so. */
  hangUpAfterMs?: number;
}

/** A reply to the first INVITE: adds the telephone's tag. */
const tagged = (run: string, status: string, body?: string[]): string =>
  reply(status, ["Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>"], body).replace(
    "[last_To:]",
    `[last_To:];tag=${run}-[call_number]`,
  );

/**
 * One telephone (or carrier, or any called party). Answers OPTIONS, re-INVITE, CANCEL, and BYE before ACK, which
 * happens when the ACK is lost in a failover.
 */
export function phoneScenario(run: string, options: PhoneOptions): string {
  plain("run id", run);
  const first = [
    '<recv request="OPTIONS" optional="true" next="options"/>',
    // A BYE or CANCEL of a call that this process no longer knows.
    '<recv request="BYE" optional="true" next="unknown"/>',
    '<recv request="CANCEL" optional="true" next="unknown"/>',
    '<recv request="ACK" optional="true" next="end"/>',
    '<recv request="INVITE" rrs="true"/>',
  ];
  const last = [
    '<label id="options"/>',
    `<send next="end">${tagged(run, "200 OK")}</send>`,
    '<label id="unknown"/>',
    `<send next="end">${reply("481 Call/Transaction Does Not Exist")}</send>`,
    '<label id="end"/>',
    // Answers retransmissions for a while (RFC 3261 timer J, shortened).
    '<timewait milliseconds="4000"/>',
  ];
  const reject = (status: string) => [
    `<send retrans="500">${tagged(run, status)}</send>`,
    '<recv request="ACK" timeout="8000" ontimeout="end" next="end"/>',
  ];
  const cancelled = [
    '<label id="cancelled"/>',
    `<send>${reply("200 OK")}</send>`,
    `<send retrans="500">${tagged(run, "487 Request Terminated").replace("[last_CSeq:]", "CSeq: [$cseq] INVITE")}</send>`,
    '<recv request="ACK" timeout="8000" ontimeout="end" next="end"/>',
  ];
  switch (options.behaviour) {
    case "busy":
      return scenario("busy phone", [...first, ...reject("486 Busy Here"), ...last]);
    case "decline":
      return scenario("declining phone", [...first, ...reject("603 Decline"), ...last]);
    case "silent":
      return scenario("silent phone", [...first, '<pause milliseconds="60000"/>', ...last]);
    case "ring":
    case "answer":
      break;
  }
  const remembering = first.map((step) =>
    step.replace(
      'rrs="true"/>',
      `rrs="true"><action>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="peer"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="me"/>
      <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
    </action></recv>`,
    ),
  );
  const ringing = options.behaviour === "ring" || options.ringMs > 0;
  const ringFor =
    options.behaviour === "ring"
      ? 'timeout="180000" ontimeout="end"'
      : `timeout="${options.ringMs}" ontimeout="pickup"`;
  const hangUp = options.hangUpAfterMs;
  const talkFor =
    hangUp === undefined ? 'timeout="3600000" ontimeout="end"' : `timeout="${hangUp}" ontimeout="hangup"`;
  return scenario("phone", [
    ...remembering,
    ...(ringing
      ? [`<send>${tagged(run, "180 Ringing")}</send>`, `<recv request="CANCEL" ${ringFor} next="cancelled"/>`]
      : []),
    '<label id="pickup"/>',
    `<send retrans="500">${tagged(run, "200 OK", sdp)}</send>`,
    '<recv request="BYE" optional="true" next="byed"/>',
    '<recv request="ACK" timeout="16000" ontimeout="hangup"/>',
    '<label id="talk"/>',
    `<recv request="INVITE" optional="true" next="again" ${talkFor}/>`,
    `<recv request="BYE" next="byed" ${talkFor}/>`,
    '<label id="again"/>',
    `<send retrans="500">${reply("200 OK", ["Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>"], sdp)}</send>`,
    '<recv request="ACK" timeout="16000" ontimeout="hangup" next="talk"/>',
    '<label id="hangup"/>',
    `<send retrans="500">${message([
      "BYE [next_url] SIP/2.0",
      via(`${run}-[call_number]-bye`),
      "[routes]",
      `From:[$me];tag=${run}-[call_number]`,
      "To:[$peer]",
      "Call-ID: [call_id]",
      "CSeq: 1 BYE",
      "Max-Forwards: 70",
    ])}</send>`,
    '<recv response="100" optional="true"/>',
    '<recv response="481" optional="true" timeout="8000" ontimeout="end" next="end"/>',
    '<recv request="BYE" optional="true" next="byed"/>',
    '<recv response="200" timeout="8000" ontimeout="end" next="end"/>',
    ...cancelled,
    '<label id="byed"/>',
    `<send next="end">${reply("200 OK")}</send>`,
    ...last,
  ]);
}
