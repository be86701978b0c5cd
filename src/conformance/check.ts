import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { messageOf } from "../base/message.ts";
import { HttpClient, NoAnswer, type Place } from "../http/client.ts";
import { limitedText } from "../http/limited.ts";
import { signature } from "../http/signature.ts";
import { type Case, casesFor, plainQuestion } from "./cases.ts";
import { judge, maxBytes, type Role, type Seen } from "./judge.ts";

/** Whom to check, and how it is asked. */
export interface Subject {
  role: Role;
  /** Where questions go. */
  decide: URL;
  /** Where events go; missing: they are not tried. */
  events?: URL;
  /** `Authorization: Bearer`. */
  token?: string;
  /** `whsec_…`, with which questions are signed. */
  key?: string;
  /** PEM of the authority to believe. */
  ca?: string;
  /** Asked through this unix socket; the URLs say the paths alone. */
  socketPath?: string;
  deadlineMs: number;
  /** Many questions at once: how many, and how many at a time. */
  burst: { questions: number; atOnce: number };
}

export interface Result {
  name: string;
  why: string;
  kept: boolean;
  must: boolean;
  faults: string[];
  notes: string[];
  ms: number;
}

export interface Found {
  results: Result[];
  /** Answers of the burst, ms; sorted. */
  burst: { ms: number[]; faults: string[] };
  /** What could not be tried, and what for it is wanted. */
  untried: string[];
}

/** Answers later than this are not waited for at all. */
const patienceMs = 10_000;

/** One application under examination; its connections are kept between questions, as ours are. */
class Examination implements AsyncDisposable {
  private readonly clients = new Map<string, HttpClient>();
  private readonly subject: Subject;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  private clientOf({ origin, host }: URL): HttpClient {
    const { ca, socketPath } = this.subject;
    const place: Place = {
      name: host,
      origin,
      connectMs: patienceMs,
      ...(ca !== undefined && { tls: { ca } }),
      ...(socketPath !== undefined && { socketPath }),
    };
    const client = this.clients.get(origin) ?? new HttpClient(place);
    this.clients.set(origin, client);
    return client;
  }

  private headers({ credential = "right", signing = "right" }: Case, text: string): Record<string, string> {
    const { token, key } = this.subject;
    const sent = credential === "wrong" ? randomBytes(24).toString("base64url") : token;
    const at = new Date(Date.now() - (signing === "stale" ? 3_600_000 : 0));
    const forged = `whsec_${createHmac("sha256", randomBytes(16)).digest("base64")}`;
    return {
      accept: "application/json",
      "content-type": "application/json",
      ...(sent !== undefined && credential !== "missing" && { authorization: `Bearer ${sent}` }),
      ...(key !== undefined &&
        signing !== "missing" &&
        signature(signing === "forged" ? forged : key, `msg_${randomUUID()}`, at, text)),
    };
  }

  /** @throws never: what went wrong is what is seen */
  async see(one: Case): Promise<Seen> {
    const url = one.door === "events" ? (this.subject.events ?? this.subject.decide) : this.subject.decide;
    const text = typeof one.body === "string" ? one.body : (JSON.stringify(one.body) ?? "");
    const begun = performance.now();
    try {
      const { status, headers, body } = await this.clientOf(url).open({
        method: one.method ?? "POST",
        path: url.pathname + url.search,
        headers: this.headers(one, text),
        ...(one.method !== "GET" && { text }),
        deadlineMs: patienceMs,
      });
      return {
        status,
        type: String(headers["content-type"] ?? ""),
        text: await limitedText(body, 4 * maxBytes),
        ms: performance.now() - begun,
        closes: headers.connection === "close",
      };
    } catch (error) {
      const problem =
        error instanceof NoAnswer && error.code === "TimeoutError"
          ? `no answer within ${patienceMs / 1000} s`
          : messageOf(error);
      return { problem, ms: performance.now() - begun };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients.values()) await client[Symbol.asyncDispose]();
  }
}

/** Many questions at once: an application that is good alone may not be good in company. */
async function burstOf(examination: Examination, subject: Subject, callId: string): Promise<Found["burst"]> {
  const { questions, atOnce } = subject.burst;
  const ms: number[] = [];
  const faults = new Map<string, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < questions) {
      next += 1;
      const one: Case = {
        name: "burst",
        why: "",
        door: "decide",
        body: plainQuestion(`${callId}-burst-${next}`),
        expects: "decision",
        must: true,
      };
      const seen = await examination.see(one);
      ms.push(seen.ms);
      const late = seen.ms > subject.deadlineMs ? [`later than ${subject.deadlineMs} ms`] : [];
      for (const fault of [...judge(one, seen, subject.role, Number.POSITIVE_INFINITY).faults, ...late])
        faults.set(fault, (faults.get(fault) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return {
    ms: ms.sort((a, b) => a - b),
    faults: [...faults].map(([fault, times]) => `${times} of ${questions}: ${fault}`),
  };
}

/**
 * Asks a web application all kinds of questions, and says what it answers wrong.
 * @param tell called after each case @throws never for anything that the application does
 */
export async function check(subject: Subject, tell: (result: Result) => void = () => {}): Promise<Found> {
  const callId = `contract-check-${randomUUID()}`;
  const has = { key: subject.key !== undefined, token: subject.token !== undefined };
  await using examination = new Examination(subject);
  const cases = casesFor(callId, {
    ...has,
    ...(subject.events && { ids: [randomUUID(), randomUUID()] as const }),
  });
  const results: Result[] = [];
  for (const one of cases) {
    const seen = await examination.see(one);
    const { faults, notes } = judge(one, seen, subject.role, subject.deadlineMs);
    const closes = "closes" in seen && seen.closes && one.expects === "decision";
    const result = {
      name: one.name,
      why: one.why,
      must: one.must,
      kept: faults.length === 0,
      faults,
      notes: closes ? [...notes, "it closes the connection: each question pays for a new one"] : notes,
      ms: seen.ms,
    };
    results.push(result);
    tell(result);
    // Nobody there: the other questions would each say the same.
    if (results.length === 1 && "problem" in seen) break;
  }
  const answered = results.length > 1;
  return {
    results,
    burst: answered ? await burstOf(examination, subject, callId) : { ms: [], faults: [] },
    untried: [
      ...(has.key || subject.role === "service"
        ? []
        : ["whether it refuses questions that are not signed (--key)"]),
      ...(has.token || subject.role === "rule" ? [] : ["whether it refuses a false token (--token-file)"]),
      ...(subject.events || subject.role === "rule" ? [] : ["events (--events)"]),
      ...(answered ? [] : ["everything else: it did not answer the first question"]),
    ],
  };
}

/** Is every promise kept that must be? Pure. */
export const keepsContract = ({ results, burst }: Found): boolean =>
  results.every(({ kept, must }) => kept || !must) && burst.faults.length === 0;
