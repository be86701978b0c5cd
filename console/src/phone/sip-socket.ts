import type { Socket } from "jssip";
import type { FromWorker, ToWorker } from "./socket-rules.ts";

/**
 * What JsSIP takes for its WebSocket. The real one (socket-worker.ts) is replaced below it: JsSIP is told of a connection
 * once, and keeps its calls over all that follow.
 */
export class SipSocket implements Socket {
  via_transport = "WSS";
  readonly url: string;
  readonly sip_uri: string;
  onconnect = (): void => undefined;
  ondisconnect = (_error: boolean, _code?: number, _reason?: string): void => undefined;
  ondata = <T>(_data: T): void => undefined;
  /** There is a connection now. */
  open = false;
  onopen: () => void = () => undefined;
  onlost: (why: string) => void = () => undefined;
  ontick: () => void = () => undefined;
  private readonly worker: Worker;
  private told = false;

  /** @param url `wss://HOST/ws` */
  constructor(url: string) {
    this.url = url;
    this.sip_uri = `sip:${new URL(url).host};transport=ws`;
    this.worker = new Worker(new URL("./socket-worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
  }

  connect(): void {
    this.order({ what: "connect", url: this.url });
  }

  disconnect(): void {
    this.order({ what: "disconnect" });
  }

  /** What is said while there is no connection is lost, as a packet would be; what matters is asked again over the next. */
  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (typeof message === "string") this.order({ what: "send", text: message });
    return true;
  }

  isConnected(): boolean {
    return this.told;
  }

  isConnecting(): boolean {
    return !this.told;
  }

  calls(count: number): void {
    this.order({ what: "calls", count });
  }

  doubt(doubt: boolean): void {
    this.order({ what: "doubt", doubt });
  }

  /** Another one at once, as if the host had died. */
  replace(): void {
    this.order({ what: "replace" });
  }

  /** What was said before still goes out. */
  close(): void {
    this.order({ what: "close" });
  }

  private order(order: ToWorker): void {
    this.worker.postMessage(order);
  }

  private hear(said: FromWorker): void {
    switch (said.what) {
      case "open":
        this.open = true;
        if (!this.told) {
          this.told = true;
          this.onconnect();
        }
        this.onopen();
        return;
      case "closed":
        this.open = false;
        this.onlost(said.why);
        return;
      case "message":
        this.ondata(said.text);
        return;
      case "tick":
        this.ontick();
        return;
    }
  }
}
