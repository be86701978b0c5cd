import { hostAndPort } from "../../base/host-in.ts";
import { messageOf } from "../../base/message.ts";
import { type HostContext, ports, serviceIp, serviceIp6 } from "../../cluster/facts.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { askRpc } from "../../http/ask-rpc.ts";
import type { Registrations } from "../../report/registrations.ts";
import { type AtCarrier, attempts, registrationsIn, type Wanted, wantedSchema } from "./registering.ts";

/**
 * Registers at carriers: every node's Kamailio knows what is to be registered, the holder's does it. What the app says is
 * kept while it does not answer. The Contact is the service address, so what another host has registered stays good while this one
 * makes it anew.
 */

const everyMs = 2000;
const restMs = 10_000;
const deadlineMs = 1000;

interface State {
  registered: boolean;
  since: number;
  until: number;
}

export class Registrar {
  private readonly context: HostContext;
  private readonly tell: (subject: string, text: string) => void;
  private wanted: Wanted[] | undefined;
  private states = new Map<string, State>();
  private busy = false;
  private nextAt = 0;
  /** Kamailio was told that this host has the address. */
  private active: boolean | undefined;
  private problem = "";

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    this.context = context;
    this.tell = tell;
  }

  /** Called with each tick of the agent. @param sip Kamailio answers */
  tick(holds: boolean, sip: boolean, app: boolean): void {
    if (!sip) {
      this.active = undefined;
      return;
    }
    const now = performance.now();
    if (this.busy || (now < this.nextAt && this.active === holds)) return;
    this.busy = true;
    this.nextAt = now + (holds && this.wanted?.length ? everyMs : restMs);
    void this.renew(holds, app);
  }

  /** Undefined where there are none, or another host has the address. */
  report(): Registrations | undefined {
    if (!this.active || this.states.size === 0) return undefined;
    const now = performance.now();
    return [...this.states].map(([carrier, { registered, since, until }]) => ({
      carrier,
      registered,
      sinceMs: Math.round(now - since),
      leftMs: Math.max(0, Math.round(until - now)),
    }));
  }

  private async renew(holds: boolean, app: boolean): Promise<void> {
    const call = (method: string, ...params: (string | number)[]) =>
      kamailioRpc(this.context, method, params, AbortSignal.timeout(deadlineMs));
    try {
      const begins = holds && this.active !== true;
      // What it knows already is begun before the app is asked.
      if (this.active !== holds) await call("uac.reg_active", holds ? 1 : 0);
      const known = registrationsIn(await call("uac.reg_dump"));
      if (begins) for (const { contact } of known) await call("uac.reg_enable", "l_uuid", contact);
      this.active = holds;
      if (app)
        this.wanted = wantedSchema.parse(
          await askRpc(ports.rpc, "registrations", AbortSignal.timeout(deadlineMs)),
        );
      if (this.wanted)
        for (const [method, ...params] of this.plan(this.wanted, known)) await call(method, ...params);
      this.follow(known, performance.now());
      this.problem = "";
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.problem) this.tell("registrations", problem);
      this.problem = problem;
    } finally {
      this.busy = false;
    }
  }

  private plan(wanted: readonly Wanted[], known: readonly AtCarrier[]): ReturnType<typeof attempts> {
    const { cluster } = this.context;
    const { port } = cluster.sip;
    const six = serviceIp6(cluster);
    return attempts(wanted, known, {
      four: hostAndPort(serviceIp(cluster), port),
      six: six === undefined ? undefined : hostAndPort(six, port),
    });
  }

  private follow(known: readonly AtCarrier[], now: number): void {
    const before = this.states;
    this.states = new Map(
      known.map(({ carrier, registered: online, left_s }) => {
        const was = before.get(carrier);
        const until = online ? now + left_s * 1000 : (was?.until ?? 0);
        const registered = online || until > now;
        if (was && was.registered === registered) return [carrier, { ...was, until }];
        if (was || registered)
          this.tell(carrier, registered ? "registered" : "not registered any more: see kamailio.log");
        return [carrier, { registered, since: now, until }];
      }),
    );
  }
}
