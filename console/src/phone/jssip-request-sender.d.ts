declare module "jssip/lib/RequestSender.js" {
  /** Sends a request in a transaction of its own, with digest (JsSIP 3.13, lib/RequestSender.js). */
  export default class RequestSender {
    constructor(
      ua: unknown,
      request: { cseq: number },
      handlers: {
        onAuthenticated: (request: { cseq: number }) => void;
        onRequestTimeout: () => void;
        onTransportError: () => void;
        onReceiveResponse: (answer: { status_code: number }) => void;
      },
    );
    send(): void;
  }
}
