import type { CallEvent, Decision } from "../call/contract.ts";
import type { CallNews, Outcome, Patience, UserNews } from "./call-news.ts";
import { Quality } from "./quality.ts";
import { Spending } from "./spending.ts";
import type { Tariff } from "./tariff.ts";
import { nextOf, sameAddress, type Tried, triedIn } from "./tried.ts";
import { UserCalls } from "./user-calls.ts";

/**
 * Calls through carriers that are in progress, as this app knows them: those that it decided, what its node's journal says of
 * them, and what the other apps tell (call-exchange.ts). A call is known by its Call-ID; news come in any order and any number of
 * times: an end counts for good.
 */

interface Call {
  /** When it was decided, ms of the monotonic clock of this app. */
  at: number;
  user: string;
  /** Those that it is at: several where targets ring together. */
  carriers: readonly string[];
  answered: boolean;
  /** What the decision would try, where this app made it. */
  targets: readonly Tried[];
  /** Of what kind the called number is. */
  destination?: string | undefined;
  failed: string[];
}

/** News that others may still fetch. */
const keptNews = 20_000;
/** An end is remembered for so long, so that late news do not bring the call back. */
const endedMs = 120_000;

export class LiveCalls {
  private readonly calls = new Map<string, Call>();
  private readonly ended = new Map<string, number>();
  private readonly ofCarrier = new Map<string, number>();
  private readonly ofUser = new Map<string, number>();
  /** When each carrier was offered its last calls, within a second. */
  private readonly offers = new Map<string, number[]>();
  readonly quality = new Quality();
  readonly spending = new Spending();
  readonly users: UserCalls;
  private news: News[] = [];
  private dropped = 0;
  private readonly patience: Patience;
  private readonly clock: () => number;
  private readonly followsUsers: () => boolean;
  private readonly tariffOf: TariffOf;
  private wake: (() => void)[] = [];

  /** @param followsUsers does anybody want to know of users' calls? @param tariffOf what a call costs that a carrier answered */
  constructor(
    patience: Patience,
    clock: () => number = () => performance.now(),
    followsUsers: () => boolean = () => true,
    tariffOf: TariffOf = () => undefined,
  ) {
    this.patience = patience;
    this.clock = clock;
    this.followsUsers = followsUsers;
    this.tariffOf = tariffOf;
    this.users = new UserCalls(clock);
  }

  /** @param except this call does not count */
  callsOf(carrier: string, except?: string): number {
    const own = except !== undefined && this.isAt(except, carrier) ? 1 : 0;
    return (this.ofCarrier.get(carrier) ?? 0) - own;
  }

  /** Is this call in progress there? */
  isAt(id: string, carrier: string): boolean {
    return this.calls.get(id)?.carriers.includes(carrier) ?? false;
  }

  callsBy(user: string): number {
    return this.ofUser.get(user) ?? 0;
  }

  lastSecond(carrier: string): number {
    const offers = this.offers.get(carrier);
    if (!offers) return 0;
    const since = this.clock() - 1000;
    while (offers[0] !== undefined && offers[0] <= since) offers.shift();
    return offers.length;
  }

  /** This app decided: the call counts at once. */
  decided(id: string, user: string, decision: Decision): void {
    if (decision.action !== "route") return;
    if (this.followsUsers()) this.tellOf(this.users.decided(id, user, decision));
    const targets = triedIn(decision);
    if (targets.length === 0) return;
    const carriers = nextOf(targets, []);
    this.put(id, { user, carriers, answered: false }, targets);
    const call = this.calls.get(id);
    if (call) call.destination = decision.destination;
    const { watched = [] } = decision;
    this.spending.call(id, watched, false);
    this.tell(this.newsOf(id, { user, carriers, answered: false }));
  }

  /** What this node's journal says. Each event once. */
  seen(event: CallEvent): void {
    const id = event.call_id;
    if (event.kind === "end" || (event.kind === "fail" && event.pass === undefined)) {
      const call = this.calls.get(id);
      if (event.kind === "fail" && call && !call.answered)
        // Of those that failed that is known already.
        for (const carrier of call.targets.length > 0 ? nextOf(call.targets, call.failed) : call.carriers)
          this.outcome(carrier, false, call.destination, event);
      // Another app may have decided it: that one's count has to fall too.
      if (call || !this.ended.has(id)) this.tell({ kind: "end", id });
      this.end(id);
      return;
    }
    if (event.kind === "answer") this.tellOf(this.users.answered(event));
    const call = this.calls.get(id);
    if (!call) return;
    const carrier = call.targets.find(({ uri }) => sameAddress(uri, event.target))?.carrier;
    if (event.kind === "attempt" && carrier !== undefined) {
      this.outcome(carrier, false, call.destination, event);
      call.failed.push(event.target);
      const next = nextOf(call.targets, call.failed);
      if (next.length > 0 && next.join() !== call.carriers.join()) this.move(id, call, next, false);
    } else if (event.kind === "answer" && !call.answered) {
      const answering = carrier ?? call.carriers[0] ?? "";
      this.outcome(answering, true, call.destination, event);
      const isWatched = this.spending.watchedIn(id).length > 0;
      this.move(id, call, [answering], true, isWatched ? this.tariffOf(answering, event) : undefined);
    }
  }

  private move(
    id: string,
    call: Call,
    carriers: readonly string[],
    answered: boolean,
    tariff?: Tariff,
  ): void {
    this.put(id, { user: call.user, carriers, answered }, call.targets, call);
    this.spending.call(id, [], answered, tariff);
    this.tell(this.newsOf(id, { user: call.user, carriers, answered }));
  }

  private outcome(
    carrier: string,
    answered: boolean,
    destination: string | undefined,
    { ring_ms }: CallEvent,
  ): void {
    const outcome: Outcome = {
      kind: "outcome",
      carrier,
      answered,
      ...(destination !== undefined && { destination }),
      ...(ring_ms !== undefined && { ring_ms }),
    };
    this.quality.note(outcome);
    this.tell(outcome);
  }

  private put(
    id: string,
    { user, carriers, answered }: Counted,
    targets: Call["targets"],
    before = this.calls.get(id),
  ): void {
    if (this.ended.has(id)) return;
    if (before) this.count(before, -1);
    for (const carrier of carriers)
      if (!before?.carriers.includes(carrier))
        this.offers.set(carrier, [...(this.offers.get(carrier) ?? []), this.clock()].slice(-10_000));
    const call: Call = {
      at: before?.at ?? this.clock(),
      user,
      carriers,
      answered: answered || before?.answered === true,
      targets: targets.length > 0 ? targets : (before?.targets ?? []),
      failed: before?.failed ?? [],
      destination: before?.destination,
    };
    this.calls.set(id, call);
    this.count(call, 1);
  }

  private count({ carriers, user }: Call, by: number): void {
    for (const carrier of carriers) add(this.ofCarrier, carrier, by);
    if (user !== "") add(this.ofUser, user, by);
  }

  private end(id: string): void {
    this.users.ended(id);
    this.spending.ended(id);
    const call = this.calls.get(id);
    if (call) {
      this.count(call, -1);
      this.calls.delete(id);
    }
    this.ended.delete(id);
    this.ended.set(id, this.clock());
  }

  private newsOf(id: string, call: Counted): CallNews {
    const watched = this.spending.watchedIn(id);
    const tariff = this.spending.tariffOf(id);
    return {
      ...callNews(id, call),
      ...(watched.length > 0 && { watched: [...watched] }),
      ...(tariff && { tariff }),
    };
  }

  private tellOf(news: UserNews | undefined): void {
    if (news) this.tell(news);
  }

  private tell(news: News): void {
    this.news.push(news);
    if (this.news.length > keptNews * 2) {
      this.dropped += keptNews;
      this.news = this.news.slice(keptNews);
    }
    for (const wake of this.wake.splice(0)) wake();
  }

  /** What others told. @param whole all that they know: their judgement of a carrier counts where they know more of it */
  take(news: readonly News[], whole = false): void {
    if (whole) this.quality.takeAll(news.filter((one) => one.kind === "outcome"));
    for (const one of news)
      if (one.kind === "end") this.end(one.id);
      else if (one.kind === "idle") this.users.take(one);
      else if (one.kind === "talk") {
        if (!this.ended.has(one.id)) this.users.take(one);
      } else if (one.kind === "call") {
        if (!this.ended.has(one.id)) this.spending.call(one.id, one.watched ?? [], one.answered, one.tariff);
        this.put(one.id, { ...one, carriers: [one.carrier, ...(one.others ?? [])] }, []);
      } else if (!whole) this.quality.note(one);
  }

  /** Everything that is known, for who knows nothing. */
  all(): News[] {
    return [
      ...this.users.all(),
      ...[...this.calls].map(([id, call]) => this.newsOf(id, call)),
      ...this.quality.all(),
    ];
  }

  /** News from a place in their row on, and the next place; undefined: some were dropped, take all. */
  since(place: number): { news: readonly News[]; next: number } | undefined {
    const next = this.dropped + this.news.length;
    if (place < this.dropped || place > next) return undefined;
    return { news: this.news.slice(place - this.dropped), next };
  }

  get next(): number {
    return this.dropped + this.news.length;
  }

  /** Resolves with the next news. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  /** Forgets what can not be in progress any more. */
  sweep(): void {
    const now = this.clock();
    for (const [id, { at, answered }] of this.calls)
      if (now - at > (answered ? this.patience.maxCallMs : this.patience.maxSetupMs)) this.end(id);
    this.users.sweep(this.patience);
    for (const [id, at] of this.ended) if (now - at > endedMs) this.ended.delete(id);
  }
}

type News = CallNews | UserNews;

/** What a call costs that this carrier answered; undefined: nobody knows. */
type TariffOf = (carrier: string, answer: CallEvent) => Tariff | undefined;

type Counted = Pick<Call, "user" | "carriers" | "answered">;

function callNews(id: string, { user, carriers, answered }: Counted): Extract<CallNews, { kind: "call" }> {
  const [carrier = "", ...others] = carriers;
  return { kind: "call", id, user, carrier, answered, ...(others.length > 0 && { others }) };
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
