import { hostIn } from "../../base/host-in.ts";
import {
  isWhole,
  one,
  parseMessage,
  response as respondTo,
  type SipMessage,
  serialise,
  token,
} from "../message.ts";
import type { Flow, Place, SipTransport } from "../transport.ts";
import {
  type InviteClient,
  type InviteClientEvent,
  startInviteClient,
  stepInviteClient,
} from "./invite-client.ts";
import {
  type InviteServer,
  type InviteServerEvent,
  startInviteServer,
  stepInviteServer,
} from "./invite-server.ts";
import {
  type Action,
  type Machine,
  nextDue,
  type Setting,
  type Step,
  type Timing,
  timing,
} from "./machine.ts";
import { clientKey, clientKeyOf, received, sameBranch, serverKeyOf, wayBack } from "./matching.ts";
import { type NonInviteClient, startNonInviteClient, stepNonInviteClient } from "./non-invite-client.ts";
import {
  type NonInviteServer,
  type NonInviteServerEvent,
  startNonInviteServer,
  stepNonInviteServer,
} from "./non-invite-server.ts";

/** Carries out what the four state machines decide: matches messages, sends, sets timers (RFC 3261 17). */

/** Who waits for the answer to a request. */
export interface Asker {
  /** Provisional and final responses; of 2xx to INVITE each repetition too. */
  response(message: SipMessage, from: Place): void;
  failed(why: "timeout" | "transport"): void;
  /** The request was sent again. */
  repeated?(): void;
}

/** A request on its way. */
export interface Client {
  readonly request: SipMessage;
  readonly to: Place;
  /** CANCEL, as soon as it is allowed (9.1). Only for INVITE. */
  cancel(): void;
  /** Nobody needs the answer: it is not sent again; a late answer is still taken. */
  hush(): void;
}

/** A request that came in. */
export interface Server {
  readonly request: SipMessage;
  readonly from: Place;
  respond(message: SipMessage): void;
}

export interface TransactionUser {
  /** Anything but ACK and CANCEL. */
  request(server: Server): void;
  /** The ACK of a 2xx, each one. */
  ack(message: SipMessage): void;
  /** The INVITE of this transaction is cancelled; the CANCEL is answered already. */
  cancelled(server: Server): void;
  /** A response that belongs to no transaction here. */
  stray?(message: SipMessage, from: Place): void;
}

/** A transaction in memory: its state and its one timer. */
interface Kept {
  machine: Machine;
  timer: NodeJS.Timeout | undefined;
}

export class Transactions {
  private readonly transport: SipTransport;
  private readonly user: TransactionUser;
  private readonly setting: Setting;
  private readonly kept = new Map<string, Kept>();
  private readonly clients = new Map<string, (message: SipMessage, from: Place) => void>();
  private readonly servers = new Map<string, { take(message: SipMessage): void; server: Server }>();
  private readonly breakable = new Map<string, { to: Place; broken: () => void }>();

  constructor(transport: SipTransport, user: TransactionUser, times: Timing = timing) {
    this.transport = transport;
    this.user = user;
    this.setting = { reliable: transport.reliable, timing: times };
    transport.attach({
      message: (text, from) => this.receive(parseMessage(text), from),
      broken: (to) => this.broken(to),
    });
  }

  /** How many transactions are kept, ended ones that still wait for repetitions included. */
  get size(): number {
    return this.kept.size;
  }

  /** Forgets all transactions. The transport stays open. */
  close(): void {
    for (const { timer } of this.kept.values()) clearTimeout(timer);
    for (const map of [this.kept, this.clients, this.servers, this.breakable]) map.clear();
  }

  /** Sends a request in a transaction of its own, under a new Via. */
  send(message: SipMessage, to: Place, asker: Asker): Client {
    return this.client(this.underVia(message, `z9hG4bK${token()}`), to, asker);
  }

  /** The ACK of a 2xx is no transaction (13.2.2.4): sent once, again for each repetition of the 2xx by the caller's core. */
  sendAck(message: SipMessage, to: Place): void {
    this.transport.send(serialise(this.underVia(message, `z9hG4bK${token()}`)), to);
  }

  private underVia(message: SipMessage, branch: string): SipMessage {
    const { name, local } = this.transport;
    const via = `SIP/2.0/${name} ${hostIn(local.address)}:${local.port};branch=${branch};rport`;
    return { ...message, headers: [["via", via], ...message.headers] };
  }

  /** Steps a machine, keeps the outcome and its timer, then does what is asked. */
  private keep<One extends Machine>(
    key: string,
    step: Step<One>,
    act: (action: Action) => void,
    onTime: (now: number) => void,
  ): void {
    const known = this.kept.get(key);
    clearTimeout(known?.timer);
    if (step.next.state === "terminated") this.forget(key);
    else {
      const due = nextDue(step.next);
      const timer =
        due === undefined
          ? undefined
          : setTimeout(() => onTime(performance.now()), Math.max(0, Math.ceil(due - performance.now())));
      this.kept.set(key, { machine: step.next, timer });
    }
    for (const action of step.actions) act(action);
  }

  private forget(key: string): void {
    for (const map of [this.kept, this.clients, this.servers, this.breakable]) map.delete(key);
  }

  private client(request: SipMessage, to: Place, asker: Asker): Client {
    const branch = /branch=([^;]+)/.exec(one(request, "via"))?.[1] ?? "";
    const key = clientKey(branch, request.method);
    const text = serialise(request);
    const invite = request.method === "INVITE";
    let sent = false;
    const carryOut = (message?: SipMessage, from?: Place) => (action: Action) => {
      switch (action.do) {
        case "send":
          this.transport.send(text, to);
          if (sent) asker.repeated?.();
          sent = true;
          return;
        case "ack":
          if (message) this.transport.send(serialise(sameBranch(request, "ACK", one(message, "to"))), to);
          return;
        case "cancel":
          this.client(sameBranch(request, "CANCEL", one(request, "to")), to, silent);
          return;
        case "pass":
          if (message && from) asker.response(message, from);
          return;
        case "fail":
          asker.failed(action.why);
          return;
        case "trying":
          return;
      }
    };
    const step = (event: InviteClientEvent, act = carryOut()): void => {
      const now = performance.now();
      const machine = this.kept.get(key)?.machine as InviteClient | NonInviteClient | undefined;
      if (!machine) return;
      if (machine.kind === "invite client")
        this.keep(key, stepInviteClient(machine, event, now), act, onTime);
      else if (event.is !== "cancel") this.keep(key, stepNonInviteClient(machine, event, now), act, onTime);
    };
    const onTime = () => step({ is: "time" });
    this.clients.set(key, (message, from) =>
      step({ is: "response", code: message.code }, carryOut(message, from)),
    );
    this.breakable.set(key, { to, broken: () => step({ is: "transport error" }) });
    const now = performance.now();
    const start = invite ? startInviteClient(this.setting, now) : startNonInviteClient(this.setting, now);
    this.keep<Machine>(key, start, carryOut(), onTime);
    return {
      request,
      to,
      cancel: () => step({ is: "cancel" }),
      hush: () => step({ is: "hush" }),
    };
  }

  private broken(to: Place): void {
    for (const one of [...this.breakable.values()])
      if (one.to.address === to.address && one.to.port === to.port) one.broken();
  }

  private receive(message: SipMessage, flow: Flow): void {
    if (!isWhole(message)) return;
    if (message.code > 0) {
      // What belongs to no transaction is late, or a repetition that has been dealt with (RFC 6026 8.9).
      const client = this.clients.get(clientKeyOf(message));
      if (client) client(message, flow.remote);
      else this.user.stray?.(message, flow.remote);
      return;
    }
    const request = received(message, flow.remote);
    const known = this.servers.get(serverKeyOf(request));
    if (known) known.take(request);
    else if (request.method === "ACK") this.user.ack(request);
    else this.serve(request, flow);
  }

  private serve(request: SipMessage, flow: Flow): void {
    const key = serverKeyOf(request);
    const back = wayBack(request, flow.remote);
    const invite = request.method === "INVITE";
    let last = "";
    const carryOut = (message?: SipMessage) => (action: Action) => {
      switch (action.do) {
        case "trying":
          last = serialise(respondTo(request, 100));
          flow.send(last, back);
          return;
        case "send":
          flow.send(last, back);
          return;
        case "pass":
          if (message?.method === "ACK") this.user.ack(message);
          return;
        default:
          return;
      }
    };
    const step = (event: InviteServerEvent, act = carryOut()): void => {
      const now = performance.now();
      const machine = this.kept.get(key)?.machine as InviteServer | NonInviteServer | undefined;
      if (!machine) return;
      if (machine.kind === "invite server")
        this.keep(key, stepInviteServer(machine, event, now), act, onTime);
      else if (event.is !== "ack")
        this.keep(key, stepNonInviteServer(machine, event as NonInviteServerEvent, now), act, onTime);
    };
    const onTime = () => step({ is: "time" });
    const server: Server = {
      request,
      from: flow.remote,
      respond: (message) => {
        const state = this.kept.get(key)?.machine.state;
        // A response that the state does not take must not replace the one that is repeated.
        if (state === "proceeding" || state === "trying" || (state === "accepted" && message.code < 300))
          last = serialise(message);
        step({ is: "respond", code: message.code });
      },
    };
    this.servers.set(key, {
      take: (message) => step({ is: message.method === "ACK" ? "ack" : "request" }, carryOut(message)),
      server,
    });
    this.breakable.set(key, { to: back, broken: () => step({ is: "transport error" }) });
    const start = invite
      ? startInviteServer(this.setting, performance.now())
      : startNonInviteServer(this.setting);
    this.keep<Machine>(key, start, carryOut(), onTime);
    if (request.method === "CANCEL") this.cancel(server);
    else this.user.request(server);
  }

  /** 9.2: answered by itself; what it cancels answers by its user. */
  private cancel(server: Server): void {
    const invite = this.servers.get(serverKeyOf(server.request, "INVITE"));
    server.respond(respondTo(server.request, invite ? 200 : 481, { tag: token() }));
    if (invite) this.user.cancelled(invite.server);
  }
}

const silent: Asker = { response: () => undefined, failed: () => undefined };
