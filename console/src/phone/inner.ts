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
  inner.sendRequest = (method, options) => {
    const { _dialog: dialog } = inner;
    if (method !== "INVITE" || !dialog || !options) return others(method, options);
    const { eventHandlers } = options;
    const request = dialog._createRequest("INVITE", options.extraHeaders, options.body);
    const over = () => {
      dialog.uac_pending_reply = false;
    };
    const sender = new RequestSender(ua, request, {
      onAuthenticated: ({ cseq }) => {
        dialog._local_seqnum = dialog._outgoing_ack_seqnum = cseq;
      },
      onRequestTimeout: () => {
        over();
        eventHandlers.onErrorResponse({ status_code: 408 });
      },
      onTransportError: () => {
        over();
        eventHandlers.onErrorResponse({ status_code: 503 });
      },
      onReceiveResponse: (answer) => {
        if (answer.status_code < 200) return;
        over();
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

/** Registers now, whatever JsSIP thinks of its state: what it waits for went to a connection that is not there any more. */
export function registerAgain(ua: UA): void {
  const registrator = ua.registrator() as unknown as { _registering: boolean; _registered: boolean };
  registrator._registering = registrator._registered = false;
  ua.register();
}
