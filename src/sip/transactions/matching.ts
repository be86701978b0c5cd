import {
  all,
  cseqOf,
  type Header,
  request as make,
  one,
  requestUri,
  type SipMessage,
  tagOf,
  topVia,
  values,
} from "../message.ts";

/** Which transaction a message belongs to (RFC 3261 17.1.3, 17.2.3), and what is sent within one. Pure. */

const cookie = "z9hG4bK";

/** Of a request that we send, or of a response to it. */
export const clientKey = (branch: string, method: string): string => `${method} ${branch}`;

export const clientKeyOf = (response: SipMessage): string =>
  clientKey(topVia(response)?.branch ?? "", response.method);

/**
 * Of a request that came in. An ACK has the key of its INVITE, when that was refused. @param method CANCEL: of the
 * INVITE that it cancels, by "INVITE"
 */
export function serverKeyOf(request: SipMessage, method = request.method): string {
  const of = method === "ACK" ? "INVITE" : method;
  const via = topVia(request);
  const from = `${via?.host}:${via?.port}`;
  if (via?.branch.startsWith(cookie)) return `${of} ${via.branch} ${from}`;
  // Of RFC 2543: by all that identifies a request. The To tag is ours and differs between an INVITE and its ACK.
  const id = [
    requestUri(request),
    tagOf(one(request, "from")),
    one(request, "call-id"),
    cseqOf(request).number,
  ];
  return `${of} ${id.join(" ")} ${from}`;
}

/** Where a response goes when no connection is left for it, or there is none: 18.2.2, RFC 3581 4. */
export function wayBack(
  request: SipMessage,
  source: { address: string; port: number },
): { address: string; port: number } {
  const via = topVia(request);
  if (!via) return source;
  const asked = via.rport !== undefined && via.transport === "UDP";
  return { address: source.address, port: asked ? source.port : via.port };
}

/** The request with what its receiver adds to the topmost Via: `received`, and `rport` where it is asked for. */
export function received(request: SipMessage, source: { address: string; port: number }): SipMessage {
  const via = topVia(request);
  const at = request.headers.findIndex(([name]) => name === "via");
  const value = request.headers[at]?.[1];
  if (!via || value === undefined) return request;
  const asked = via.rport !== undefined;
  if (!asked && via.host === source.address) return request;
  const [, top = value, rest = ""] = /^([^,]*)(.*)$/s.exec(value) ?? [];
  const filled = top
    .replace(/;\s*received\s*=[^;]*/i, "")
    .replace(/;\s*rport(\s*=[^;]*)?(?=\s*(;|$))/i, asked ? `;rport=${source.port}` : "");
  const headers = request.headers.with(at, ["via", `${filled.trimEnd()};received=${source.address}${rest}`]);
  return { ...request, headers };
}

/** CANCEL (9.1) or the ACK of a refusal (17.1.1.3): the same target, branch, number and routes. */
export function sameBranch(request: SipMessage, method: "CANCEL" | "ACK", to: string): SipMessage {
  const via = values([one(request, "via")])[0] ?? "";
  const headers: Header[] = [
    ["via", via],
    ["max-forwards", "70"],
    ...all(request, "route").map((value): Header => ["route", value]),
    ["from", one(request, "from")],
    ["to", to],
    ["call-id", one(request, "call-id")],
    ["cseq", `${cseqOf(request).number} ${method}`],
  ];
  return make(method, requestUri(request), headers);
}
