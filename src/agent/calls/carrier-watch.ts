import { isIPv6 } from "node:net";
import { hostAndPort } from "../../base/host-in.ts";
import { messageOf } from "../../base/message.ts";
import { ownMethods } from "../../call/contract.ts";
import { type HostContext, ports, serviceIp, serviceIp6 } from "../../cluster/facts.ts";
import { SipAsker } from "../../components/kamailio/options.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { askRpc } from "../../http/ask-rpc.ts";
import type { BrokenCarriers, GuardAlarms } from "../../report/registrations.ts";
import { type Asked, type Down, judged, numbersIn, type Probed, type Told, toldSchema } from "./probing.ts";

/**
 * Carriers and targets of farms, as the holder of the service address sees them: which are left alone (sip/carriers.cfg, table
 * `down`, the same on both nodes), and whether they answer OPTIONS. Asked from the service address, which is the one that they know;
 * so a standby asks nobody. Also which methods rules are for (sip/services.cfg). What guards found is for each host to tell that has an app: it may have decided for another one's calls.
 */

const everyMs = 2000;
const deadlineMs = 1000;
const patienceMs = 2000;

export class CarrierWatch {
  private readonly context: HostContext;
  private readonly tell: (subject: string, text: string) => void;
  private alarms: GuardAlarms = [];
  private since = new Map<string, number>();
  private probed: readonly Probed[] = [];
  private readonly asked = new Map<string, Asked>();
  private readonly askers = new Map<string, SipAsker>();
  /** Of whom was told that no call can get there. */
  private readonly outOfReach = new Set<string>();
  /** `address:port` of those that did not answer when they were asked last. */
  private readonly silent = new Set<string>();
  private readonly asksAbout = new Map<string, boolean>();
  private busy = false;
  private nextAt = 0;
  private problem = "";

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    this.context = context;
    this.tell = tell;
  }

  /** Called with each tick of the agent. @param holds this host has the address @param sip its Kamailio answers @param app so does its app */
  tick(holds: boolean, sip: boolean, app: boolean): void {
    const now = performance.now();
    const looks = holds && sip;
    if (!looks) this.rest();
    if (!app) this.alarms = [];
    if (!(looks || app) || this.busy || now < this.nextAt) return;
    this.busy = true;
    this.nextAt = now + everyMs;
    void this.look(now, looks, sip, app);
  }

  /** Undefined: none is. */
  report(): BrokenCarriers | undefined {
    if (this.since.size === 0) return undefined;
    const now = performance.now();
    return [...this.since].map(([carrier, since]) => ({ carrier, sinceMs: Math.round(now - since) }));
  }

  /** Undefined: none. */
  guardAlarms(): GuardAlarms | undefined {
    return this.alarms.length === 0 ? undefined : this.alarms;
  }

  /** Another host asks: what was learnt here may be old when this one does again. */
  private rest(): void {
    this.since.clear();
    this.asked.clear();
    this.silent.clear();
    for (const asker of this.askers.values()) asker.close();
    this.askers.clear();
  }

  private async look(now: number, looks: boolean, sip: boolean, app: boolean): Promise<void> {
    try {
      if (!looks) {
        const { alarms, methods } = await this.exchange(undefined);
        this.note(alarms);
        if (sip) await this.tellMethods(methods);
        return;
      }
      const down = await this.table("down");
      for (const carrier of this.since.keys()) if (!down.has(carrier)) this.tell(carrier, "is called again");
      for (const carrier of down.keys())
        if (!this.since.has(carrier)) this.tell(carrier, "is silent or broken: it is left alone for a while");
      this.since = new Map([...down.keys()].map((carrier) => [carrier, this.since.get(carrier) ?? now]));
      if (app) {
        const { probed, alarms, methods } = await this.exchange([...down.keys()]);
        await this.tellMethods(methods);
        this.probed = probed;
        this.tellOutOfReach();
        this.note(alarms);
      }
      await this.probe(down, now);
      this.problem = "";
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.problem) this.tell("carriers", `it is not known which are broken: ${problem}`);
      this.problem = problem;
    } finally {
      this.busy = false;
    }
  }

  /** Kamailio has no socket for IPv6 then: calls fail at once, which looks like a broken carrier. */
  private tellOutOfReach(): void {
    if (serviceIp6(this.context.cluster) !== undefined) return;
    for (const { name, addresses } of this.probed)
      for (const { host } of addresses)
        if (isIPv6(host) && !this.outOfReach.has(name)) {
          this.outOfReach.add(name);
          this.tell(name, `no call reaches ${host}: it is IPv6, and cluster.yaml has no service.address6`);
        }
  }

  /**
   * Kamailio asks about these methods (sip/services.cfg): on every host, so that one that gets the address knows. It may have been
   * restarted since it was told, and knows of none then; we too, and it may know some.
   */
  private async tellMethods(methods: readonly string[]): Promise<void> {
    for (const method of ownMethods) {
      const asks = methods.includes(method);
      if (!asks && this.asksAbout.get(method) === false) continue;
      await this.kamailio("htable.seti", "state", method, asks ? 1 : 0);
      this.asksAbout.set(method, asks);
    }
  }

  private note(alarms: GuardAlarms): void {
    for (const { guard, subject, why } of alarms)
      if (!this.alarms.some((known) => known.guard === guard && known.subject === subject))
        this.tell(`guard ${guard}`, `${subject === "" ? "all together" : subject}: ${why}`);
    this.alarms = alarms;
  }

  private kamailio(method: string, ...parameters: (string | number)[]) {
    return kamailioRpc(this.context, method, parameters, AbortSignal.timeout(deadlineMs));
  }

  private async table(name: string): Promise<Map<string, number>> {
    return numbersIn(await this.kamailio("htable.dump", name));
  }

  /**
   * The app is told which are broken, and says who is to be asked. One of another release knows nothing of that.
   * @param broken undefined: that is for another host to say
   */
  private async exchange(broken: string[] | undefined): Promise<Told> {
    const signal = AbortSignal.timeout(deadlineMs);
    const said = broken === undefined ? {} : { broken, silent: [...this.silent] };
    const answer = await askRpc(ports.rpc, "carriers", signal, said).catch(() => ({ probed: [] }));
    return toldSchema.parse(answer);
  }

  private async probe(down: ReadonlyMap<string, number>, now: number): Promise<void> {
    const due = this.probed.filter(
      ({ name }) => (this.asked.get(name)?.nextAt ?? 0) <= now || (down.has(name) && !this.asked.has(name)),
    );
    if (due.length === 0) return;
    const isNeeded = due.some(({ name }) => down.has(name));
    const [pauses, codes] = isNeeded
      ? [await this.table("pause"), await this.table("ill")]
      : [new Map<string, number>(), new Map<string, number>()];
    await Promise.all(
      due.map(async (one) => {
        const { name } = one;
        const answered = await this.answers(one);
        const until = down.get(name);
        const left: Down | undefined =
          until === undefined
            ? undefined
            : { until, pause: pauses.get(name) ?? 0, code: codes.get(name) ?? 0 };
        const before = this.asked.get(name) ?? { nextAt: 0, answers: false, misses: 0 };
        const nowS = Math.floor(Date.now() / 1000);
        const { asked, orders, tell } = judged(one, before, answered, left, performance.now(), nowS);
        this.asked.set(name, asked);
        if (tell !== undefined) this.tell(name, tell);
        for (const [method, ...parameters] of orders) await this.kamailio(method, ...parameters);
      }),
    );
  }

  /** Any answer of any address will do: who does not know OPTIONS is there too (RFC 3261 11.2). */
  private async answers({ addresses }: Probed): Promise<boolean> {
    const signal = AbortSignal.timeout(patienceMs);
    const all = addresses.map(async ({ host, port }) => {
      const answers = await this.askerOf(host, port)
        .ask(signal)
        .then(
          () => true,
          () => false,
        );
      this.silent[answers ? "delete" : "add"](`${host}:${port}`);
      return answers;
    });
    return (await Promise.all(all)).includes(true);
  }

  private askerOf(host: string, port: number): SipAsker {
    const key = hostAndPort(host, port);
    const { cluster } = this.context;
    const from = isIPv6(host) ? serviceIp6(cluster) : serviceIp(cluster);
    const known = this.askers.get(key) ?? new SipAsker(host, port, from);
    this.askers.set(key, known);
    return known;
  }
}
