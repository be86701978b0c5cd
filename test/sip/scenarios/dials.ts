import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import type { Decision, Question } from "../../../src/call/contract.ts";
import { ActiveDials } from "../../../src/dials/active.ts";
import type { DialState } from "../../../src/dials/dial-schema.ts";
import { Dialer } from "../../../src/dials/dialer.ts";
import type { OpenDial } from "../../../src/dials/store.ts";
import { Telephone } from "../../../src/dials/telephone.ts";
import { Credentials } from "../../../src/sip/user-agent/credentials.ts";
import { inDialogCallee, service } from "../call.ts";
import { ha1, header, type SipMessage, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";

/** Click-to-dial (src/dials/): RFC 3515, RFC 5589 6. The database is played; two dialers are two nodes, one after the other. */

const at = { address: service.address, port: 8086 };
const over: readonly DialState[] = ["connected", "failed", "cancelled"];

class Desk {
  readonly dials = new Map<string, OpenDial>();
  readonly active = new ActiveDials();
  private node: { stop: AbortController; telephone: Telephone | undefined; ended: Promise<void> } | undefined;
  private orders = 1;
  private wake: (() => void)[] = [];
  /** What the ledger says of A's call to B. */
  b: { answered_at: string | null; ended_at: string | null; code: number; outcome: string } | undefined;

  constructor(world: World) {
    const credentials = world.own.credentials;
    const known = ({ user, realm }: { user: string; realm: string }) =>
      user === "_dialer"
        ? { user, ...ha1(user, realm, "pw-dialer"), shows: "." }
        : credentials({ user, realm });
    world.own.credentials = known;
    world.peer.credentials = known;
    world.decides((asked) => {
      const question = asked as Question;
      const decision = { ...toUri(), targets: [{ type: "user", user: question.number }] } as Decision;
      return this.active.decide(question, 1) ?? this.active.noted(question, decision);
    });
  }

  /** A node that holds the address begins to work; the one before has died without a word. */
  async takeOver(name: string): Promise<void> {
    this.node?.stop.abort();
    this.node?.telephone?.close();
    this.bell();
    await this.node?.ended;
    const stop = new AbortController();
    const node: NonNullable<Desk["node"]> = { stop, telephone: undefined, ended: Promise.resolve() };
    const desk = this;
    const dialer = new Dialer({
      live: {
        get dials() {
          return desk.orders;
        },
        moved: (signal) =>
          new Promise((resolve) => {
            this.wake.push(resolve);
            signal.addEventListener("abort", () => resolve());
          }),
      },
      store: {
        open: () => Promise.resolve([...this.dials.values()].filter(({ state }) => !over.includes(state))),
        move: (id, from, to, more = {}) => {
          const dial = this.dials.get(id);
          if (stop.signal.aborted || !dial || !from.includes(dial.state)) return Promise.resolve(false);
          this.dials.set(id, { ...dial, ...more, state: to, changed_at: new Date().toISOString() });
          return Promise.resolve(true);
        },
      },
      active: this.active,
      node: name,
      openTelephone: async () => {
        const credentials = new Credentials({ user: "_dialer", password: "pw-dialer" }, 240_000);
        node.telephone = await Telephone.open(at, service, "198.18.77.100", credentials);
        return node.telephone;
      },
      holds: () => Promise.resolve(true),
      callToB: () => Promise.resolve(this.b as never),
      events: {
        dialFailed: (_, error) => {
          throw error;
        },
        dialerFailed: (error) => {
          throw error;
        },
      },
    });
    node.ended = dialer.run(stop.signal);
    this.node = node;
  }

  private bell(): void {
    for (const wake of this.wake.splice(0)) wake();
  }

  order(to = "103"): string {
    const id = randomUUID();
    const now = new Date().toISOString();
    const times = { created_at: now, changed_at: now };
    const given = { from: "101", to, user: "101", record: false, wait_ms: 20_000, tags: { why: "crm" } };
    const empty = {
      state: "waiting",
      cancelled: false,
      dialog: undefined,
      code: 0,
      why: "",
      node: "",
    } as const;
    this.dials.set(id, { id, ...given, ...times, ...empty, shown_to_b: "4930555" });
    this.orders++;
    this.bell();
    return id;
  }

  cancel(id: string): void {
    const dial = this.dials.get(id);
    if (dial) this.dials.set(id, { ...dial, cancelled: true });
    this.orders++;
    this.bell();
  }

  state(id: string): string | undefined {
    return this.dials.get(id)?.state;
  }

  async reaches(id: string, state: DialState, ms = 8000): Promise<void> {
    await until(`the dial is ${state}`, () => this.state(id) === state, ms).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(this.dials.get(id))}`);
    });
  }

  async close(): Promise<void> {
    this.node?.stop.abort();
    this.bell();
    await this.node?.ended;
    this.node?.telephone?.close();
  }
}

/** A's telephone: rings, answers when it is told to, and calls whom it is asked to call. */
class Answering {
  readonly ua: Ua;
  readonly tag = token();
  invite: SipMessage | undefined;
  refers: SipMessage[] = [];
  knowsRefer = true;
  hungUp = false;
  cancelled = false;
  private seq = 20;

  constructor(ua: Ua) {
    this.ua = ua;
    ua.onRequest = (request) => {
      const { tag } = this;
      if (request.method === "INVITE") {
        this.invite = request;
        ua.reply(request, 180, "Ringing", { tag });
      } else if (request.method === "REFER") {
        this.refers.push(request);
        if (this.knowsRefer) ua.reply(request, 202, "Accepted", { tag });
        else ua.reply(request, 405, "Method Not Allowed", { tag });
      } else if (request.method === "CANCEL") {
        this.cancelled = true;
        ua.reply(request, 200, "OK", { tag });
        if (this.invite) ua.reply(this.invite, 487, "Request Terminated", { tag });
      } else if (request.method === "BYE") {
        this.hungUp = true;
        ua.reply(request, 200, "OK", { tag });
      }
    };
  }

  async rings(): Promise<SipMessage> {
    await until("A rings", () => this.invite !== undefined);
    if (!this.invite) throw new Error("A does not ring");
    return this.invite;
  }

  async answers(code = 200): Promise<void> {
    this.ua.reply(await this.rings(), code, "Reason", { tag: this.tag });
  }

  async isAsked(): Promise<SipMessage> {
    await until("A is asked to call B", () => this.refers.length > 0);
    const [refer] = this.refers;
    if (!refer) throw new Error("A is not asked");
    return refer;
  }

  /** What became of B. */
  tells(line: string, state: "active" | "terminated"): void {
    if (!this.invite) return;
    const text = inDialogCallee(this.ua, this.invite, this.tag, "NOTIFY", this.seq++)
      .replace(
        /^content-length: .*$/im,
        `Event: refer\r\nSubscription-State: ${state}\r\nContact: <sip:101@${this.ua.address}:${this.ua.port}>\r\nContent-Type: message/sipfrag;version=2.0\r\nContent-Length: ${line.length}`,
      )
      .concat(line);
    this.ua.send(text, service);
  }
}

async function office(world: World): Promise<{ desk: Desk; a: Answering }> {
  const a = new Answering(await world.ua("198.18.77.51", 5070));
  assert.equal((await world.register(a.ua, "101", "pw-101")).code, 200);
  const desk = new Desk(world);
  await desk.takeOver("a");
  return { desk, a };
}

const asA = { from: "<sip:101@198.18.77.100>", password: "pw-101" };

export const dials: Record<string, Scenario> = {
  "click-to-dial: A rings, answers, is asked to call B, and the call to A ends; B is shown what was ordered":
    async (world) => {
      const { desk, a } = await office(world);
      try {
        const id = desk.order();
        const invite = await a.rings();
        assert.match(header(invite, "From"), /sip:103@/, "A sees whom it will talk to");
        assert.match(invite.text, /a=inactive/);
        await a.answers();
        const refer = await a.isAsked();
        assert.equal(header(refer, "Refer-To"), "<sip:103@198.18.77.100>");
        // What the telephone does then.
        const b = await world.phone("198.18.77.52", 5070, 200);
        assert.equal((await world.register(b, "103", "pw-103")).code, 200);
        a.tells("SIP/2.0 100 Trying", "active");
        const called = await world.call(a.ua, "103", {
          ...asA,
          extra: [`Referred-By: ${header(refer, "Referred-By")}`],
        });
        assert.equal(called.answer.code, 200);
        const arrived = await b.wait("the INVITE", (m) => m.method === "INVITE");
        assert.match(header(arrived, "From"), /sip:4930555@/);
        const events = await world.server.waitEvents(called.callId, ["start", "answer"]);
        assert.deepEqual(events.find(({ kind }) => kind === "answer")?.tags, { why: "crm", dial: id });
        a.tells("SIP/2.0 200 OK", "terminated");
        await desk.reaches(id, "connected");
        await until("the call to A ends", () => a.hungUp);
        await world.hangUp(a.ua, called);
      } finally {
        await desk.close();
      }
    },

  "click-to-dial: A declines, B is busy, A's telephone knows no REFER": async (world) => {
    const { desk, a } = await office(world);
    try {
      const declined = desk.order();
      await a.answers(486);
      await desk.reaches(declined, "failed");
      assert.equal(desk.dials.get(declined)?.code, 486);
      a.invite = undefined;
      const busy = desk.order();
      await a.answers();
      await a.isAsked();
      a.tells("SIP/2.0 486 Busy Here", "terminated");
      await desk.reaches(busy, "failed");
      assert.equal(desk.dials.get(busy)?.why, "Busy Here");
      await until("the call to A ends", () => a.hungUp);
      Object.assign(a, { invite: undefined, hungUp: false, knowsRefer: false });
      const simple = desk.order();
      await a.answers();
      await desk.reaches(simple, "failed");
      assert.match(desk.dials.get(simple)?.why ?? "", /does not call others/);
      await until("the call to A ends", () => a.hungUp);
    } finally {
      await desk.close();
    }
  },

  "click-to-dial: cancelled while A rings, its telephone stops": async (world) => {
    const { desk, a } = await office(world);
    try {
      const id = desk.order();
      await a.rings();
      desk.cancel(id);
      await desk.reaches(id, "cancelled");
      await until("A stops ringing", () => a.cancelled);
    } finally {
      await desk.close();
    }
  },

  "click-to-dial: the node dies while A rings; A answers the next one, which asks it to call B, once": async (
    world,
  ) => {
    const { desk, a } = await office(world);
    try {
      const id = desk.order();
      await a.rings();
      await desk.reaches(id, "calling");
      await desk.takeOver("b");
      await new Promise((resolve) => setTimeout(resolve, 100));
      await a.answers();
      await a.isAsked();
      await a.ua.wait("the ACK", (m) => m.method === "ACK");
      a.tells("SIP/2.0 200 OK", "terminated");
      await desk.reaches(id, "connected");
      assert.equal(a.refers.length, 1);
      await until("the call to A ends", () => a.hungUp);
    } finally {
      await desk.close();
    }
  },

  "click-to-dial: the node dies while A's telephone calls B; the next one hears of B and ends the call to A":
    async (world) => {
      const { desk, a } = await office(world);
      try {
        const id = desk.order();
        await a.answers();
        await a.isAsked();
        await desk.reaches(id, "referring");
        await until("what was asked is noted", () => desk.dials.get(id)?.dialog?.localSeq !== undefined);
        await desk.takeOver("b");
        desk.b = { answered_at: new Date().toISOString(), ended_at: null, code: 200, outcome: "answered" };
        await desk.reaches(id, "connected");
        await until("the call to A ends", () => a.hungUp);
        assert.equal(a.refers.length, 1, "asked twice, it would call B twice");
      } finally {
        await desk.close();
      }
    },
};
