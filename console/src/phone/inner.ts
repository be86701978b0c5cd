import type { UA } from "jssip";
import RequestSender from "jssip/lib/RequestSender.js";
import type { RTCSession } from "jssip/lib/RTCSession.js";

/** What JsSIP 3.13 has and does not tell in its types, and what it does otherwise than RFC 3261 14. */

interface Answer {
  status_code: number;
}

interface Handlers {
  onSuccessResponse: (answer: Answer) => void;
  onErrorResponse: (answer: Answer) => void;
  onRequestTimeout: () => void;
  onTransportError: () => void;
  onDialogError: (answer: Answer) => void;
}

interface InviteOptions {
  extraHeaders: string[];
  body: string;
  eventHandlers: Handlers;
}

interface Dialog {
  uac_pending_reply: boolean;
  _local_seqnum: number;
  _outgoing_ack_seqnum: number;
  _remote_target: { toString(): string; hasParam(name: string): boolean };
  _createRequest(method: string, headers: string[], body: string): { cseq: number };
}

export interface Inner {
  _dialog?: Dialog;
  _localHold: boolean;
  _onhold(by: "local"): void;
  _onunhold(by: "local"): void;
  _sendReinvite(options: {
    eventHandlers: { succeeded: () => void; failed: (answer?: Answer) => void };
    rtcOfferConstraints?: RTCOfferOptions;
  }): void;
  sendRequest(method: string, options?: InviteOptions): unknown;
  receiveRequest(request: { method: string; hasHeader(name: string): boolean }): void;
  _status: number;
  onRequestTimeout: () => void;
  onTransportError: () => void;
}

export const innerOf = (session: RTCSession): Inner => session as unknown as Inner;

/**
 * Re-INVITEs of this session go by us: JsSIP repeats one that was answered with 491 a second later, as it was, and both sides at
 * once; the description would be of credentials that are not valid any more, which leaves a side deaf. And an answer 408 of
 * the way there ends the call, which would be the end of all calls whose far end is not back yet.
 */
export function takeInvites(session: RTCSession, ua: UA): void {
  const inner = innerOf(session);
  const others = inner.sendRequest.bind(session);
  let newest: unknown;
  inner.sendRequest = (method, options) => {
    const { _dialog: dialog } = inner;
    if (method !== "INVITE" || !dialog || !options) return others(method, options);
    const { eventHandlers } = options;
    const request = dialog._createRequest("INVITE", options.extraHeaders, options.body);
    newest = request;
    /** One that was asked over a connection before says nothing any more. */
    const over = (): boolean => {
      if (newest !== request) return false;
      dialog.uac_pending_reply = false;
      return true;
    };
    const sender = new RequestSender(ua, request, {
      onAuthenticated: ({ cseq }) => {
        dialog._local_seqnum = dialog._outgoing_ack_seqnum = cseq;
      },
      onRequestTimeout: () => {
        if (over()) eventHandlers.onErrorResponse({ status_code: 408 });
      },
      onTransportError: () => {
        if (over()) eventHandlers.onErrorResponse({ status_code: 503 });
      },
      onReceiveResponse: (answer) => {
        if (answer.status_code < 200 || !over()) return;
        if (answer.status_code < 300) eventHandlers.onSuccessResponse(answer);
        else if (answer.status_code === 481) eventHandlers.onDialogError(answer);
        else eventHandlers.onErrorResponse(answer);
      },
    });
    dialog.uac_pending_reply = true;
    sender.send();
    return request;
  };
}

/** States of a session (its RTCSession.js). */
const [waitingForAck, confirmed] = [6, 9];

/**
 * REFER, the NOTIFYs of it, and an INVITE that is to replace the call are taken also between our answer to a re-INVITE and its
 * ACK: the dialog stands (RFC 3261 12.2.2), but JsSIP refuses them with 403, so that a transfer right behind a hold failed
 * now and then.
 */
export function hearBeforeAck(session: RTCSession): void {
  const inner = innerOf(session);
  const hear = inner.receiveRequest.bind(session);
  inner.receiveRequest = (request) => {
    const { method } = request;
    const transfers =
      method === "REFER" || method === "NOTIFY" || (method === "INVITE" && request.hasHeader("replaces"));
    if (!transfers || inner._status !== waitingForAck) return hear(request);
    inner._status = confirmed;
    try {
      hear(request);
    } finally {
      // It goes on waiting for the ACK, if the request has not ended it.
      if (inner._status === confirmed) inner._status = waitingForAck;
    }
  };
}

interface Registering {
  registrator(): { _registering: boolean; _registered: boolean };
  register(): void;
  destroyTransaction(one: Transaction): void;
  /** Requests other than INVITE that wait for their answer. */
  _transactions: { nict: Record<string, Transaction>; ict: Record<string, Transaction> };
  transport: { send(request: unknown): boolean };
}

interface Transaction {
  request: { method: string; to: { hasParam(name: string): boolean } };
  state: number;
  /** The timer of its end. */
  F?: ReturnType<typeof setTimeout>;
}

/** States of a transaction that had no answer at all, an INVITE's the second (its Transactions.js). */
const [trying, calling] = [1, 3];

/**
 * What had no answer yet went to a connection that is not there any more, and JsSIP does not repeat what goes over TCP: a call that
 * is being made, a BYE. (A re-INVITE is asked for anew, and so is a REGISTER.)
 */
export function sayAgain(given: UA): void {
  const ua = given as unknown as Registering;
  const { nict, ict } = ua._transactions;
  for (const { request, state } of [...Object.values(nict), ...Object.values(ict)])
    if (
      (state === trying || (state === calling && !request.to.hasParam("tag"))) &&
      request.method !== "REGISTER"
    )
      ua.transport.send(request);
}

/**
 * Registers now, whatever JsSIP thinks of its state. What it has asked before went to a connection that is not there any more; two
 * that wait at once would take each other's sequence number, and the answers to both would be thrown away.
 */
export function registerAgain(given: UA): void {
  const ua = given as unknown as Registering;
  for (const one of Object.values(ua._transactions.nict)) {
    if (one.request.method !== "REGISTER") continue;
    clearTimeout(one.F);
    ua.destroyTransaction(one);
  }
  const registrator = ua.registrator();
  registrator._registering = registrator._registered = false;
  ua.register();
}
