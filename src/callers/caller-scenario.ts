import { message, plain, reply, scenario, sdp, via } from "./scenario.ts";

/** What a caller does, message by message. Pure. */

/** What SIPp writes with the brackets around it that IPv6 needs; brackets of our own it would take for a word of its own. */
export const sixWords = { own: "[local_ip]", service: "[remote_ip]" } as const;
const isSixWord = (domain: string): boolean => Object.values<string>(sixWords).includes(domain);

/** How a caller behaves. Times in milliseconds. */
export interface CallerOptions {
  /** Unique per SIPp process: part of branches, tags and Call-IDs. Only [A-Za-z0-9]. */
  run: string;
  /** User part of From. */
  from: string;
  /** Domain of From: the service's for its own users, the caller's own address for outsiders. IPv6: SIPp's word for it (`sixWords`). */
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

/** Final answers to an INVITE other than 2xx: SIPp wants every expected code by name. */
const rejections = [
  300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417,
  420, 421, 422, 423, 424, 428, 429, 433, 436, 437, 438, 439, 440, 469, 470, 480, 481, 482, 483, 484, 485,
  486, 487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 555, 580, 600, 603, 604, 606, 607,
  608,
];

/**
 * One caller: INVITE (again with credentials when challenged), ACK, perhaps re-INVITE, hang-up; or gives up and
 * cancels. An answer that crosses the CANCEL is acknowledged and hung up, as RFC 3261 15 demands.
 * @throws Error when a name can not be put into a scenario.
 */
export function callerScenario(options: CallerOptions): string {
  const run = plain("run id", options.run);
  const domain = isSixWord(options.fromDomain) ? options.fromDomain : plain("domain", options.fromDomain);
  const from = `<sip:${plain("caller", options.from)}@${domain}>;tag=${run}-[call_number]`;
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
