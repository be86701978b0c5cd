import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { HostReport, PeerNews } from "../../report/host-report.ts";

/**
 * What the hosts must know of each other within a moment, in one datagram: who holds the address, who may. Reports come
 * over TCP, and TCP stands still for seconds where a fifth of the packets is lost; of twenty datagrams a second enough
 * arrive. A pulse makes a report younger that is there already; it never stands alone. Pure.
 */

const sighting = z.object({
  ageMs: z.number(),
  holds: z.boolean(),
  term: z.int(),
  mayHold: z.boolean(),
  primary: z.boolean(),
  serves: z.boolean().optional(),
});

/** Fields that a newer release adds are passed over: two releases must hear each other during an upgrade. */
const schema = z.object({
  v: z.literal(1),
  host: z.string(),
  /** Pulses are numbered: what is missing was lost (line.ts). */
  n: z.int(),
  /** Of which life of the agent (HostReport.life), and when in it, ms. */
  life: z.string(),
  lifeMs: z.number(),
  /** Of the report, as it is by now (HostReport.version): another one than was read last is worth a question. */
  version: z.int().optional(),
  stopping: z.boolean(),
  handover: z.string().optional(),
  holds: z.boolean(),
  term: z.int(),
  mayHold: z.boolean(),
  primary: z.boolean(),
  serves: z.boolean().optional(),
  /** Parts without which a node is no successor. */
  parts: z.object({ keepalived: z.boolean().optional(), rtpengine: z.boolean().optional() }),
  sees: z.record(z.string(), sighting),
});
export type Pulse = z.infer<typeof schema>;

/** What of a report fits into a datagram that no network cuts in two (about 600 bytes for three hosts), but its number. */
export function pulseOf(
  report: Pick<
    HostReport,
    "host" | "version" | "stopping" | "handover" | "holds" | "term" | "verdict" | "serves" | "sees" | "parts"
  > & { life: string; lifeMs: number; primary: boolean },
): Omit<Pulse, "n"> {
  const { host, life, lifeMs, stopping, handover, holds, term, verdict, serves, sees, parts, primary } =
    report;
  return {
    v: 1,
    host,
    life,
    lifeMs,
    stopping,
    holds,
    term,
    mayHold: verdict.mayHold,
    primary,
    sees,
    ...(report.version === undefined ? {} : { version: report.version }),
    ...(handover === undefined ? {} : { handover }),
    ...(serves === undefined ? {} : { serves: serves.ok }),
    parts: {
      ...(parts.keepalived ? { keepalived: parts.keepalived.ok } : {}),
      ...(parts.rtpengine ? { rtpengine: parts.rtpengine.ok } : {}),
    },
  };
}

const macBytes = 16;
/** RFC 2104; RFC 4868 truncates like this. The first words keep it apart from any other use of the secret. */
const macOf = (text: Buffer, secret: string | KeyObject): Buffer =>
  createHmac("sha256", secret).update("dialtone pulse 1\n").update(text).digest().subarray(0, macBytes);

/** Datagram: MAC (16 bytes), then JSON. */
export function encodePulse(pulse: Pulse, secret: string | KeyObject): Buffer {
  const text = Buffer.from(JSON.stringify(pulse));
  return Buffer.concat([macOf(text, secret), text]);
}

/** undefined: not from a host of this cluster, or not of this form. */
export function decodePulse(datagram: Buffer, secret: string | KeyObject): Pulse | undefined {
  if (datagram.length <= macBytes) return undefined;
  const text = datagram.subarray(macBytes);
  if (!timingSafeEqual(datagram.subarray(0, macBytes), macOf(text, secret))) return undefined;
  try {
    return schema.safeParse(JSON.parse(text.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** How old may the best guess of another clock be: two ordinary quartzes drift by a few ms in that time. */
const guessMs = 30_000;

/**
 * When, by the own monotonic clock, did something happen in the life of another agent? A report was written after it was
 * asked for, so its request bounds the difference of the two clocks from below; the best bound of the last half to whole
 * minute is taken. (By its arrival, a datagram that waited in a socket of an agent that stood still would be fresh.)
 */
export class LifeClock {
  private id = "";
  private best = Number.NEGATIVE_INFINITY;
  private next = Number.NEGATIVE_INFINITY;
  private since = 0;

  /** A report of that moment of a life was asked for at `askedAt`. */
  learn(life: { id: string; ms: number }, askedAt: number): void {
    const difference = askedAt - life.ms;
    if (life.id !== this.id) {
      this.id = life.id;
      this.best = this.next = Number.NEGATIVE_INFINITY;
      this.since = askedAt;
    } else if (askedAt - this.since > guessMs) {
      this.best = this.next;
      this.next = Number.NEGATIVE_INFINITY;
      this.since = askedAt;
    }
    this.best = Math.max(this.best, difference);
    this.next = Math.max(this.next, difference);
  }

  /** undefined: of another life than the last report. */
  at(pulse: Pick<Pulse, "life" | "lifeMs">, now: number): number | undefined {
    return pulse.life === this.id ? Math.min(now, this.best + pulse.lifeMs) : undefined;
  }
}

/** The report as the pulse says that it is by now. Ages within the report grow by what lies between the two. */
export function refreshed(news: PeerNews, pulse: Pulse, pulseAgeMs: number): PeerNews {
  const { report } = news;
  const older = news.ageMs - pulseAgeMs;
  if (older <= 0) return news;
  const { handover: _before, ...rest } = report;
  const part = (name: "keepalived" | "rtpengine") => {
    const known = report.parts[name];
    const ok = pulse.parts[name];
    return known && ok !== undefined ? { [name]: { ...known, ok } } : {};
  };
  const facts = report.database?.facts;
  return {
    ageMs: pulseAgeMs,
    report: {
      ...rest,
      stopping: pulse.stopping,
      holds: pulse.holds,
      term: pulse.term,
      sees: pulse.sees,
      ...(pulse.handover === undefined ? {} : { handover: pulse.handover }),
      verdict: { ...report.verdict, mayHold: pulse.mayHold },
      ...(report.serves && pulse.serves !== undefined
        ? { serves: { ...report.serves, ok: pulse.serves } }
        : {}),
      parts: { ...report.parts, ...part("keepalived"), ...part("rtpengine") },
      ...(report.database && facts
        ? { database: { ...report.database, facts: { ...facts, primary: pulse.primary } } }
        : {}),
      ...(report.functional
        ? { functional: { ...report.functional, ageMs: report.functional.ageMs + older } }
        : {}),
    },
  };
}
