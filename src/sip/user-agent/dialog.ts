import {
  addresses,
  all,
  cseqOf,
  type Header,
  one,
  request,
  requestUri,
  type SipMessage,
  tagOf,
  uriOf,
} from "../message.ts";

/** Dialogs, RFC 3261 12, as values. Pure. */
export interface Dialog {
  callId: string;
  localTag: string;
  remoteTag: string;
  /** Our From (or To) with its tag. */
  local: string;
  /** Theirs. */
  remote: string;
  /** Their Contact: where requests go to in the end. */
  target: string;
  /** In the order in which requests of ours visit them. */
  routes: string[];
  /** Number of our last request. */
  localSeq: number;
  /** Number of their last request; undefined: there was none. */
  remoteSeq: number | undefined;
}

export const dialogKey = (callId: string, localTag: string, remoteTag: string): string =>
  `${callId} ${localTag} ${remoteTag}`;

/** Of the side that sent the INVITE, by a response to it with a To tag (12.1.2). */
export function dialogOfResponse(invite: SipMessage, answer: SipMessage): Dialog {
  const contact = one(answer, "contact");
  return {
    callId: one(invite, "call-id"),
    localTag: tagOf(one(invite, "from")),
    remoteTag: tagOf(one(answer, "to")),
    local: one(invite, "from"),
    remote: one(answer, "to"),
    target: contact === "" ? requestUri(invite) : uriOf(contact),
    routes: addresses(all(answer, "record-route")).reverse(),
    localSeq: cseqOf(invite).number,
    remoteSeq: undefined,
  };
}

/** Of the side that got the INVITE (12.1.1). */
export function dialogOfRequest(invite: SipMessage, localTag: string): Dialog {
  return {
    callId: one(invite, "call-id"),
    localTag,
    remoteTag: tagOf(one(invite, "from")),
    local: `${one(invite, "to")};tag=${localTag}`,
    remote: one(invite, "from"),
    target: uriOf(one(invite, "contact") || one(invite, "from")),
    routes: addresses(all(invite, "record-route")),
    localSeq: 0,
    remoteSeq: cseqOf(invite).number,
  };
}

/** A request within the dialog, under the next number (12.2.1.1); ACK and CANCEL have that of their INVITE. */
export function requestIn(
  dialog: Dialog,
  method: string,
  options: { headers?: Header[]; body?: string; seq?: number; maxForwards?: number } = {},
): { dialog: Dialog; request: SipMessage } {
  const seq = options.seq ?? dialog.localSeq + 1;
  const [first] = dialog.routes;
  // A first route without `lr` is a strict router: it wants to be the request URI itself.
  const strict = first !== undefined && !/;\s*lr(?=[;>=\s]|$)/i.test(first);
  const uri = strict ? uriOf(first) : dialog.target;
  const routes = strict ? [...dialog.routes.slice(1), `<${dialog.target}>`] : dialog.routes;
  const headers: Header[] = [
    ["max-forwards", String(options.maxForwards ?? 70)],
    ...routes.map((route): Header => ["route", route]),
    ["from", dialog.local],
    ["to", dialog.remote],
    ["call-id", dialog.callId],
    ["cseq", `${seq} ${method}`],
    ...(options.headers ?? []),
  ];
  return {
    dialog: { ...dialog, localSeq: Math.max(seq, dialog.localSeq) },
    request: request(method, uri, headers, options.body),
  };
}

const refreshes = new Set(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]);

/** What a request of the other side makes of the dialog (12.2.2); undefined: it is out of order, 500. */
export function heardRequest(dialog: Dialog, message: SipMessage): Dialog | undefined {
  const { number } = cseqOf(message);
  if (dialog.remoteSeq !== undefined && number < dialog.remoteSeq) return undefined;
  const contact = refreshes.has(message.method) ? one(message, "contact") : "";
  return { ...dialog, remoteSeq: number, target: contact === "" ? dialog.target : uriOf(contact) };
}

/** What a response to a request of ours within the dialog makes of it: 2xx to INVITE or UPDATE move the target. */
export function heardResponse(dialog: Dialog, message: SipMessage): Dialog {
  const contact =
    message.code >= 200 && message.code < 300 && refreshes.has(message.method) ? one(message, "contact") : "";
  return contact === "" ? dialog : { ...dialog, target: uriOf(contact) };
}
