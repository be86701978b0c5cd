import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { KeptCertificate } from "../cluster/web-certificate.ts";
import { Problem } from "../http/problems.ts";
import { type Authority, openAuthority } from "./acme-client.ts";
import { type AcmeState, afterFailure, afterFault, limitOf, mayAt, whyOrder } from "./acme-state.ts";
import { firstState, nextStep, OrderFailed } from "./acme-steps.ts";
import type { AcmeStore, Known } from "./acme-store.ts";
import type { AcmeShown } from "./certificate-schema.ts";
import { renewalAt } from "./due.ts";
import type { CertificateStore } from "./store.ts";

export interface AcmeParts {
  context: HostContext;
  store: CertificateStore;
  orders: AcmeStore;
  /** Does this node hold the service address, and nobody else that it sees? @throws when nobody can say */
  holds(): Promise<boolean>;
  events: {
    certificateOrdered(why: string): void;
    certificateGot(names: readonly string[]): void;
    certificateRefused(why: string, nextAt: string | null): void;
  };
}

const accountGone = "urn:ietf:params:acme:error:accountDoesNotExist";

/** Orders certificates where cluster.yaml names an authority (web.acme): the holder of the service address does, step by step. */
export class AcmeOrders {
  private readonly parts: AcmeParts;
  private authority: Authority | undefined;
  private failing: string | undefined;

  constructor(parts: AcmeParts) {
    this.parts = parts;
  }

  /** What people should know. */
  problems(): string[] {
    return this.failing === undefined ? [] : [`no certificate from the authority: ${this.failing}`];
  }

  /**
   * Does what is due now. @param found what an authority gave last
   * @returns whether the certificate is another one now, and when to look again, ms, if that is sooner than usual
   */
  async round(
    found: KeptCertificate | undefined,
  ): Promise<{ changed: boolean; afterMs: number | undefined }> {
    const { context, orders, holds } = this.parts;
    const nothing = { changed: false, afterMs: undefined };
    const settings = context.cluster.web.acme;
    if (!settings) return nothing;
    const known = await orders.read();
    this.follow(known.state);
    const now = Date.now();
    const why = known.state?.order ? "it is under way" : whyOrder(found, known.state, context.cluster, now);
    if (why === undefined || mayAt(known.state, now) > now || !(await holds())) return nothing;
    this.authority ??= await openAuthority(settings);
    const parts = { ...this.parts, authority: this.authority };
    if (known.state?.directory !== settings.directory) {
      await orders.write(known, await firstState(parts, settings));
      return { changed: false, afterMs: 0 };
    }
    return await this.step(parts, { ...known, state: known.state }, settings, why);
  }

  private async step(
    parts: AcmeParts & { authority: Authority },
    known: Known & { state: AcmeState },
    settings: NonNullable<HostContext["cluster"]["web"]["acme"]>,
    why: string,
  ): Promise<{ changed: boolean; afterMs: number | undefined }> {
    const { orders, events, context, authority } = parts;
    authority.begin();
    try {
      const { state, afterMs } = await nextStep(parts, known, settings);
      const written = await orders.write(known, state);
      const changed = state.order === null && state.tries.length > known.state.tries.length;
      if (written && !known.state.order && state.order) events.certificateOrdered(why);
      if (changed) events.certificateGot(context.cluster.web.names);
      this.follow(written?.state);
      return { changed, afterMs: written ? afterMs : 0 };
    } catch (error) {
      const state = this.afterwards({ ...known.state, node: context.self.name }, error, authority);
      events.certificateRefused(state.failure, state.next_at);
      await orders.write(known, state);
      this.follow(state);
      return { changed: false, afterMs: undefined };
    }
  }

  private afterwards(state: AcmeState, error: unknown, authority: Authority): AcmeState {
    const now = Date.now();
    const { type = "", retryAfterMs = 0 } = authority.refusal() ?? {};
    const why = messageOf(error);
    if (error instanceof OrderFailed) return afterFailure(state, why, now, retryAfterMs);
    // The authority has forgotten it, and the order with it: once more, with a new account.
    if (type === accountGone && state.account.url !== null && state.faults === 0)
      return { ...state, account: { ...state.account, url: null }, order: null, faults: 1, failure: why };
    return afterFault(state, why, now, retryAfterMs);
  }

  private follow(state: AcmeState | undefined): void {
    const own = state?.node === this.parts.context.self.name;
    this.failing = own && state.failure !== "" ? state.failure : undefined;
  }

  /** For people; null: cluster.yaml names no authority. */
  async shown(found: KeptCertificate | undefined): Promise<AcmeShown | null> {
    const settings = this.parts.context.cluster.web.acme;
    if (!settings) return null;
    const { state } = await this.parts.orders.read();
    const mine = state?.directory === settings.directory ? state : undefined;
    const now = Date.now();
    const why = whyOrder(found, state, this.parts.context.cluster, now);
    const next = mayAt(mine, now);
    return {
      directory: settings.directory,
      email: settings.email ?? null,
      state: mine?.order ? "ordering" : mine?.failure ? "failed" : why === undefined ? "good" : "due",
      why: why ?? null,
      failure: mine?.failure === "" ? null : (mine?.failure ?? null),
      next_at: next > now ? new Date(next).toISOString() : null,
      renews_at: found ? renewalAt(found.certificate) : null,
      last_at: mine?.tries.at(-1)?.at ?? null,
      node: mine?.node === "" ? null : (mine?.node ?? null),
    };
  }

  /** A person wants one now, whatever there is. @throws Problem `not-now` */
  async ask(): Promise<void> {
    const { context, orders } = this.parts;
    const settings = context.cluster.web.acme;
    if (!settings)
      throw new Problem("not-now", "cluster.yaml names no authority (web.acme): docs/certificates.md");
    for (;;) {
      const known = await orders.read();
      const { state } = known;
      // Nothing was ordered there yet, so the first look does.
      if (state?.directory !== settings.directory) return;
      const limit = limitOf(state, Date.now());
      if (limit)
        throw new Problem(
          "not-now",
          `${limit.why}, and authorities shut out who orders more: again at ${new Date(limit.until).toISOString()}`,
        );
      if (await orders.write(known, { ...state, asked: true, next_at: null })) return;
    }
  }
}
