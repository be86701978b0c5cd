import { isIPv6 } from "node:net";
import { hostIn } from "../../src/base/host-in.ts";
import { type SipMessage as Message, parseMessage, serialise } from "../../src/sip/message.ts";
import { sameBranch as sameBranchOf } from "../../src/sip/transactions/matching.ts";
import { dialogOfRequest, dialogOfResponse, requestIn } from "../../src/sip/user-agent/dialog.ts";
import { header, headers, type SipMessage, tagOf, token, type Ua } from "./ua.ts";

export const service = { address: "198.18.77.100", port: 5060 };
/** The same service for telephones with IPv6, where the scenario's cluster has it. */
export const service6 = { address: "fd00:77::100", port: 5060 };
export const serviceFor = (ua: Ua): typeof service => (isIPv6(ua.address) ? service6 : service);

export interface Invite {
  text: string;
  callId: string;
  branch: string;
  fromTag: string;
  uri: string;
}

export interface InviteOptions {
  from?: string;
  uri?: string;
  callId?: string;
  cseq?: number;
  extra?: string[];
  maxForwards?: number;
  contact?: string;
  fromTag?: string;
}

/** An INVITE of `ua` to a number at the service. */
export function invite(ua: Ua, number: string, options: InviteOptions = {}): Invite {
  const fromTag = options.fromTag ?? token();
  const callId = options.callId ?? `${token()}@${ua.host}`;
  const branch = `z9hG4bK${token()}`;
  const uri = options.uri ?? `sip:${number}@${hostIn(serviceFor(ua).address)}`;
  const lines = [
    `INVITE ${uri} SIP/2.0`,
    `Via: SIP/2.0/${ua.way} ${ua.host}:${ua.port};branch=${branch};rport`,
    `Max-Forwards: ${options.maxForwards ?? 70}`,
    `From: ${options.from ?? `<sip:caller@${ua.host}>`};tag=${fromTag}`,
    `To: <${uri}>`,
    `Call-ID: ${callId}`,
    `CSeq: ${options.cseq ?? 1} INVITE`,
    `Contact: ${options.contact ?? `<sip:caller@${ua.host}:${ua.port}>`}`,
    ...(options.extra ?? []),
    "Content-Length: 0",
  ];
  return { text: `${lines.join("\r\n")}\r\n\r\n`, callId, branch, fromTag, uri };
}

/** CANCEL (RFC 3261 9.1) or the ACK of a failure (17.1.1.3): same branch, same everything. */
export function sameBranch(ua: Ua, call: Invite, method: "CANCEL" | "ACK", to: string): void {
  ua.send(serialise(sameBranchOf(parseMessage(call.text), method, to)), serviceFor(ua));
}

const underVia = (ua: Ua, message: Message): string => {
  const via = `SIP/2.0/${ua.way} ${ua.host}:${ua.port};branch=z9hG4bK${token()};rport`;
  return serialise({ ...message, headers: [["via", via], ...message.headers] });
};

/** A request in the call that `answer` (a 2xx to our INVITE) established. */
export function inDialog(ua: Ua, answer: Message, method: string, cseq: number, routes?: string[]): string {
  const dialog = dialogOfResponse(answer, answer);
  const headers: [string, string][] = [["contact", `<sip:caller@${ua.host}:${ua.port}>`]];
  const made = requestIn(routes ? { ...dialog, routes } : dialog, method, { seq: cseq, headers });
  return underVia(ua, made.request);
}

/** The same from the called side: From and To change places, the route set is in its own order. */
export function inDialogCallee(ua: Ua, request: Message, tag: string, method: string, cseq: number): string {
  return underVia(ua, requestIn(dialogOfRequest(request, tag), method, { seq: cseq }).request);
}

/** The same message with a body (each character a byte), in place of none. */
export const withTyped = (text: string, type: string, body: string): string =>
  text.replace(
    /Content-Length: 0\r\n\r\n$/,
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );

export const withBody = (text: string, body: string): string => withTyped(text, "application/sdp", body);

/** An answer whose status line and body may be anything. @param more extra: whole header lines; type: the body's */
export function respond(
  ua: Ua,
  request: SipMessage,
  status: string,
  tag: string,
  body = "",
  more: { extra?: string[]; type?: string; contact?: string } = {},
): void {
  const to = header(request, "To");
  const lines = [
    `SIP/2.0 ${status}`,
    ...headers(request, "Via").map((via) => `Via: ${via}`),
    ...headers(request, "Record-Route").map((route) => `Record-Route: ${route}`),
    `From: ${header(request, "From")}`,
    `To: ${tagOf(to) ? to : `${to};tag=${tag}`}`,
    `Call-ID: ${header(request, "Call-ID")}`,
    `CSeq: ${header(request, "CSeq")}`,
    `Contact: ${more.contact ?? `<sip:${ua.host}:${ua.port}>`}`,
    ...(more.extra ?? []),
    "Content-Length: 0",
  ];
  const text = `${lines.join("\r\n")}\r\n\r\n`;
  ua.send(body ? withTyped(text, more.type ?? "application/sdp", body) : text, request.from);
}
