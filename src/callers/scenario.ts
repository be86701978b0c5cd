/**
 * SIPp scenarios (sipp.readthedocs.io, "Create your own XML scenarios") as pure functions: what a caller and a
 * telephone do, message by message. SIPp 3.6.1 is the stock SIP client of the lab; it knows nothing of Dialtone.
 *
 * Branches and tags are made of [call_number] and a run id, never of SIPp's own message index, so that ACK and
 * CANCEL can name the transaction of their INVITE (RFC 3261 9.1, 17.1.1.3) wherever they stand in the scenario.
 */

/** How a caller behaves. Times in milliseconds. */
export interface CallerOptions {
  /** Unique per SIPp process: part of branches, tags and Call-IDs. Only [A-Za-z0-9]. */
  run: string;
  /** User part of From. */
  from: string;
  /** Domain of From: the service's for its own users, the caller's own address for outsiders. */
  fromDomain: string;
  /** User part of the request URI. */
  to: string;
  /** Password for digest challenges (401, 407); without one a challenge counts as a rejection. */
  password?: string;
  /** Patience: without a final answer after so long the caller gives up (and cancels). */
  patienceMs: number;
  /** Length of the call, unless the called side hangs up before; 0 hangs up right after the ACK. */
  holdMs: number;
  /** Cancel so long after the INVITE instead of waiting for an answer. */
  cancelAfterMs?: number;
  /** Send a re-INVITE in the middle of the call. */
  reinvite?: boolean;
}

/** How a telephone behaves when it is called. Times in milliseconds. */
export interface PhoneOptions {
  /** `answer`: 180, then 200. `busy`: 486. `decline`: 603. `ring`: 180 and nothing more. `silent`: no reply at all. */
  behaviour: "answer" | "busy" | "decline" | "ring" | "silent";
  /** Between 180 and 200; 0 answers at once, without 180. */
  ringMs: number;
  /** The telephone hangs up after so long; unset: it waits for the caller to do so. */
  hangUpAfterMs?: number;
}

/** Final answers to an INVITE other than 2xx: SIPp wants every expected code by name. */
const rejections = [
  300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417,
  420, 421, 422, 423, 424, 428, 429, 433, 436, 437, 438, 439, 440, 469, 470, 480, 481, 482, 483, 484, 485,
  486, 487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 555, 580, 600, 603, 604, 606, 607,
  608,
];

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`).replaceAll("]]>", "");

/** Values that stand inside SIPp's CDATA, where brackets are keywords: refuse rather than guess. */
function plain(what: string, value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value) || /[[\]<>"]/.test(value))
    throw new Error(`${what} '${value}' can not be used by the test caller: no blanks, brackets or quotes`);
  return value;
}

const message = (lines: string[], body?: string[]): string =>
  `<![CDATA[\n\n${[...lines, ...(body ? ["Content-Type: application/sdp"] : []), "Content-Length: [len]", "", ...(body ?? [])].join("\n")}\n\n]]>`;

const sdp = [
  "v=0",
  "o=caller 1 1 IN IP[local_ip_type] [local_ip]",
  "s=-",
  "c=IN IP[media_ip_type] [media_ip]",
  "t=0 0",
  "m=audio [media_port] RTP/AVP 0 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:101 telephone-event/8000",
];

const scenario = (name: string, steps: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="${escapeXml(name)}">\n${steps.join("\n")}\n</scenario>\n`;

const via = (branch: string) =>
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-${branch};rport`;

/**
 * One caller: INVITE (again with credentials when challenged), ACK, perhaps re-INVITE, hang-up; or gives up and
 * cancels. An answer that crosses the CANCEL is acknowledged and hung up, as RFC 3261 15 demands.
 * @throws Error when a name can not be put into a scenario.
 */
export function callerScenario(options: CallerOptions): string {
  const run = plain("run id", options.run);
  const from = `<sip:${plain("caller", options.from)}@${plain("domain", options.fromDomain)}>;tag=${run}-[call_number]`;
  const uri = `sip:${plain("number", options.to)}@[remote_ip]:[remote_port]`;
  const contact = `Contact: <sip:${options.from}@[local_ip]:[local_port];transport=[transport]>`;
  const invite = (cseq: number, credentials: boolean) =>
    `<send retrans="500" start_txn="invite${cseq}">${message(
      [
        `INVITE ${uri} SIP/2.0`,
        via(`${run}-[call_number]-${cseq}`),
        `From: ${from}`,
        `To: <${uri}>`,
        "Call-ID: [call_id]",
        `CSeq: ${cseq} INVITE`,
        contact,
        ...(credentials
          ? [
              `[authentication username=${plain("caller", options.from)} password=${plain("password", options.password ?? "")}]`,
            ]
          : []),
        "Max-Forwards: 70",
        "User-Agent: dialtone-caller",
      ],
      sdp,
    )}</send>`;
  /** ACK of a rejection and CANCEL: same branch, no route set. */
  const hopByHop = (method: "ACK" | "CANCEL", cseq: number) =>
    message([
      `${method} ${uri} SIP/2.0`,
      via(`${run}-[call_number]-${cseq}`),
      `From: ${from}`,
      method === "ACK" ? "[last_To:]" : `To: <${uri}>`,
      "Call-ID: [call_id]",
      `CSeq: ${cseq} ${method}`,
      "Max-Forwards: 70",
    ]);
  const inDialog = (method: string, cseq: number, branch: string, body?: string[]) =>
    message(
      [
        `${method} [next_url] SIP/2.0`,
        via(`${run}-[call_number]-${branch}`),
        "[routes]",
        `From: ${from}`,
        `To: <${uri}>[peer_tag_param]`,
        "Call-ID: [call_id]",
        `CSeq: ${cseq} ${method}`,
        ...(body ? [contact] : []),
        "Max-Forwards: 70",
      ],
      body,
    );

  /** An INVITE transaction with everything that can come of it; leaves by a label. */
  const attempt = (cseq: number, credentials: boolean): string[] => {
    const mayRetry = options.password !== undefined && !credentials;
    const wait = options.cancelAfterMs ?? options.patienceMs;
    const txn = `response_txn="invite${cseq}" timeout="${wait}" ontimeout="quit${cseq}"`;
    const alive = '<action><assignstr assign_to="provisional" value="yes"/></action>';
    return [
      invite(cseq, credentials),
      ...[100, 180, 181, 182, 183].map(
        (code) => `<recv response="${code}" optional="true" ${txn}>${alive}</recv>`,
      ),
      ...rejections.map((code) => {
        const challenge = mayRetry && (code === 401 || code === 407);
        return `<recv response="${code}" optional="true" ${challenge ? 'auth="true" ' : ""}${txn} next="${challenge ? "challenged" : `rejected${cseq}`}"/>`;
      }),
      `<recv response="200" rrs="true" ${txn} next="answered${cseq}"/>`,
      `<label id="rejected${cseq}"/>`,
      `<send next="done" ack_txn="invite${cseq}">${hopByHop("ACK", cseq)}</send>`,
      // Without a provisional answer there is no transaction to cancel (RFC 3261 9.1): the caller just stops.
      `<label id="quit${cseq}"/>`,
      `<nop next="cancel${cseq}" test="provisional"/>`,
      '<nop next="done"/>',
      `<label id="cancel${cseq}"/>`,
      `<send retrans="500" start_txn="cancel${cseq}">${hopByHop("CANCEL", cseq)}</send>`,
      `<recv response="200" optional="true" response_txn="cancel${cseq}" timeout="2000" ontimeout="done"/>`,
      `<recv response="481" optional="true" response_txn="cancel${cseq}" timeout="2000" ontimeout="done"/>`,
      ...rejections
        .filter((code) => code !== 487)
        .map(
          (code) =>
            `<recv response="${code}" optional="true" response_txn="invite${cseq}" timeout="2000" ontimeout="done" next="rejected${cseq}"/>`,
        ),
      `<recv response="200" optional="true" rrs="true" response_txn="invite${cseq}" timeout="2000" ontimeout="done" next="late${cseq}"/>`,
      `<recv response="487" response_txn="invite${cseq}" timeout="2000" ontimeout="done" next="rejected${cseq}"/>`,
      `<label id="late${cseq}"/>`,
      `<send next="hangup" ack_txn="invite${cseq}">${inDialog("ACK", cseq, `${cseq}a`)}</send>`,
      `<label id="answered${cseq}"/>`,
      `<send next="talk" ack_txn="invite${cseq}">${inDialog("ACK", cseq, `${cseq}a`)}</send>`,
    ];
  };

  const talk = options.reinvite
    ? [
        `<recv request="BYE" timeout="${Math.max(1, Math.floor(options.holdMs / 2))}" ontimeout="reinvite" next="byed"/>`,
        '<label id="reinvite"/>',
        `<send retrans="500" start_txn="again">${inDialog("INVITE", 3, "3", sdp)}</send>`,
        '<recv response="100" optional="true" response_txn="again"/>',
        '<recv response="200" response_txn="again" timeout="10000" ontimeout="hangup"/>',
        `<send ack_txn="again">${inDialog("ACK", 3, "3a")}</send>`,
      ]
    : [];
  const rest = options.reinvite ? Math.ceil(options.holdMs / 2) : options.holdMs;

  return scenario(`caller ${options.from} to ${options.to}`, [
    ...attempt(1, false),
    ...(options.password === undefined
      ? []
      : [
          '<label id="challenged"/>',
          `<send ack_txn="invite1">${hopByHop("ACK", 1)}</send>`,
          ...attempt(2, true),
        ]),
    '<label id="talk"/>',
    ...talk,
    ...(rest > 0 ? [`<recv request="BYE" timeout="${rest}" ontimeout="hangup" next="byed"/>`] : []),
    '<label id="hangup"/>',
    `<send retrans="500" start_txn="bye">${inDialog("BYE", 4, "4")}</send>`,
    '<recv response="100" optional="true" response_txn="bye" timeout="8000" ontimeout="done"/>',
    // A BYE of the other side that crosses ours ends the dialog too; 481 says that it was gone already.
    '<recv request="BYE" optional="true" timeout="8000" ontimeout="done" next="byed"/>',
    ...[408, 481, 500, 503].map(
      (code) =>
        `<recv response="${code}" optional="true" response_txn="bye" timeout="8000" ontimeout="done" next="done"/>`,
    ),
    '<recv response="200" response_txn="bye" timeout="8000" ontimeout="done" next="done"/>',
    '<label id="byed"/>',
    `<send next="done">${reply("200 OK")}</send>`,
    '<label id="done"/>',
    "<nop/>",
  ]);
}

/** A reply to the last request, without a tag of our own (in-dialog requests bring it). */
const reply = (status: string, extra: string[] = [], body?: string[]): string =>
  message(
    [
      `SIP/2.0 ${status}`,
      "[last_Via:]",
      "[last_Record-Route:]",
      "[last_From:]",
      "[last_To:]",
      "[last_Call-ID:]",
      "[last_CSeq:]",
      ...extra,
    ],
    body,
  );

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
