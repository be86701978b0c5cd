import { header, type SipMessage, token, type Ua, uriIn } from "./ua.ts";

export const service = { address: "198.18.77.100", port: 5060 };

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
  const callId = options.callId ?? `${token()}@${ua.address}`;
  const branch = `z9hG4bK${token()}`;
  const uri = options.uri ?? `sip:${number}@${service.address}`;
  const lines = [
    `INVITE ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${ua.address}:${ua.port};branch=${branch};rport`,
    `Max-Forwards: ${options.maxForwards ?? 70}`,
    `From: ${options.from ?? `<sip:caller@${ua.address}>`};tag=${fromTag}`,
    `To: <${uri}>`,
    `Call-ID: ${callId}`,
    `CSeq: ${options.cseq ?? 1} INVITE`,
    `Contact: ${options.contact ?? `<sip:caller@${ua.address}:${ua.port}>`}`,
    ...(options.extra ?? []),
    "Content-Length: 0",
  ];
  return { text: `${lines.join("\r\n")}\r\n\r\n`, callId, branch, fromTag, uri };
}

/** CANCEL (RFC 3261 9.1) or the ACK of a failure (17.1.1.3): same branch, same everything. */
export function sameBranch(ua: Ua, call: Invite, method: "CANCEL" | "ACK", to: string): void {
  const head = call.text.split("\r\n");
  const keep = (name: string) => head.filter((line) => line.startsWith(`${name}:`));
  const cseq = header(call.text, "CSeq").split(" ")[0];
  const lines = [
    `${method} ${call.uri} SIP/2.0`,
    ...keep("Via"),
    "Max-Forwards: 70",
    ...keep("From"),
    `To: ${to}`,
    ...keep("Call-ID"),
    `CSeq: ${cseq} ${method}`,
    "Content-Length: 0",
  ];
  ua.send(`${lines.join("\r\n")}\r\n\r\n`, service);
}

/** A request in the call that `answer` (a 2xx to our INVITE) established. */
export function inDialog(
  ua: Ua,
  answer: SipMessage,
  method: string,
  cseq: number,
  routes?: string[],
): string {
  const route = routes ?? header2(answer, "Record-Route").reverse();
  const lines = [
    `${method} ${uriIn(header(answer, "Contact"))} SIP/2.0`,
    `Via: SIP/2.0/UDP ${ua.address}:${ua.port};branch=z9hG4bK${token()};rport`,
    "Max-Forwards: 70",
    ...route.map((value) => `Route: ${value}`),
    `From: ${header(answer, "From")}`,
    `To: ${header(answer, "To")}`,
    `Call-ID: ${header(answer, "Call-ID")}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:caller@${ua.address}:${ua.port}>`,
    "Content-Length: 0",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The same from the called side: From and To change places, the route set is in its own order. */
export function inDialogCallee(
  ua: Ua,
  request: SipMessage,
  tag: string,
  method: string,
  cseq: number,
): string {
  const lines = [
    `${method} ${uriIn(header(request, "Contact"))} SIP/2.0`,
    `Via: SIP/2.0/UDP ${ua.address}:${ua.port};branch=z9hG4bK${token()};rport`,
    "Max-Forwards: 70",
    ...header2(request, "Record-Route").map((value) => `Route: ${value}`),
    `From: ${header(request, "To")};tag=${tag}`,
    `To: ${header(request, "From")}`,
    `Call-ID: ${header(request, "Call-ID")}`,
    `CSeq: ${cseq} ${method}`,
    "Content-Length: 0",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const header2 = (message: SipMessage, name: string): string[] =>
  (message.text.split("\r\n\r\n")[0] ?? "")
    .split("\r\n")
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .flatMap((line) => line.slice(name.length + 1).split(","))
    .map((value) => value.trim());
