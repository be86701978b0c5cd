import { createHmac, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import { Failures } from "../base/failures.ts";
import { messageOf } from "../base/message.ts";
import { type Answer, answerOf } from "../call/answer.ts";
import type { Question } from "../call/contract.ts";
import { HttpClient } from "../http/client.ts";
import { limitedText } from "../http/limited.ts";
import { signature } from "../http/signature.ts";
import type { askActionSchema } from "./consultation-schema.ts";

export type AskAction = z.infer<typeof askActionSchema>;

export interface WebEvents {
  /** @param instead what decides: its last answer for this caller, or the next rule */
  applicationFailed(rule: string, url: string, callId: string, why: string, instead: "last" | "next"): void;
}

/** An application that failed so often one after the other is not asked for a while. */
const failuresBeforeRest = 3;
const restMs = 3000;
const maxBytes = 64 * 1024;
const remembered = 10_000;

/**
 * Signing key of the questions to an origin, `whsec_…` (standardwebhooks.com): whoever answers there can tell that it is this
 * cluster that asks. `dialtone route key URL` shows it. Pure.
 * @param root a secret of the cluster
 */
export const questionKey = (root: string, url: string): string =>
  `whsec_${createHmac("sha256", root)
    .update(`questions to ${new URL(url).origin}`)
    .digest("base64")}`;

/** Asks web applications of the customer's own. */
export class WebApplications implements AsyncDisposable {
  private readonly root: string;
  private readonly events: WebEvents;
  private readonly clients = new Map<string, HttpClient>();
  private readonly failures = new Map<string, Failures>();
  private readonly last = new LRUCache<string, Answer>({ max: remembered });

  constructor(root: string, events: WebEvents) {
    this.root = root;
    this.events = events;
  }

  /** Its decision, within `deadline_ms`; else its last one for this caller; else `next`. Never throws. */
  async answer(rule: string, action: AskAction, question: Question): Promise<Answer> {
    const { url, fallback_url, deadline_ms } = action;
    const until = performance.now() + deadline_ms;
    const key = JSON.stringify([
      rule,
      question.number,
      question.user,
      question.source.address,
      question.from.user,
    ]);
    const faults: string[] = [];
    for (const address of fallback_url === undefined ? [url] : [url, fallback_url]) {
      const failures = this.failuresOf(address);
      if (failures.rests(performance.now())) {
        faults.push(`${address}: not asked: it failed several times just now`);
        continue;
      }
      const left = until - performance.now();
      const deadline = address === url && fallback_url !== undefined ? left / 2 : left;
      try {
        if (deadline < 1) throw new Error("no time is left");
        const answer = await this.ask(address, question, Math.ceil(deadline));
        failures.succeeded();
        this.last.set(key, answer);
        return answer;
      } catch (error) {
        failures.failed(performance.now());
        faults.push(`${address}: ${messageOf(error)}`);
      }
    }
    const before = this.last.get(key);
    this.events.applicationFailed(rule, url, question.call_id, faults.join("; "), before ? "last" : "next");
    return before ?? { action: "next" };
  }

  private async ask(address: string, question: Question, deadlineMs: number): Promise<Answer> {
    const { origin, host, pathname, search } = new URL(address);
    const client = this.clients.get(origin) ?? new HttpClient({ name: host, origin, connectMs: 2000 });
    this.clients.set(origin, client);
    const text = JSON.stringify({ ...question, time: question.time ?? new Date().toISOString() });
    const { status, body } = await client.open({
      method: "POST",
      path: pathname + search,
      text,
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...signature(questionKey(this.root, address), `msg_${randomUUID()}`, new Date(), text),
      },
      deadlineMs,
    });
    if (status !== 200) {
      await body.dump();
      throw new Error(`answered ${status}`);
    }
    return answerOf(JSON.parse(await limitedText(body, maxBytes)));
  }

  private failuresOf(address: string): Failures {
    const found = this.failures.get(address) ?? new Failures(failuresBeforeRest, restMs);
    this.failures.set(address, found);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients.values()) await client[Symbol.asyncDispose]();
  }
}
