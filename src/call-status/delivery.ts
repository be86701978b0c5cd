import { messageOf } from "../base/message.ts";
import type { News } from "../call/news-schema.ts";
import { questionKey } from "../consult/web-applications.ts";
import { HttpClient } from "../http/client.ts";
import { signature } from "../http/signature.ts";
import type { TestNews } from "../webhooks/catalogue.ts";
import type { Webhook } from "../webhooks/webhook-schema.ts";

/** What became of one attempt at one address. */
export interface Attempt {
  url: string;
  taken: boolean;
  /** In words. */
  answer: string;
  ms: number;
}

/** Tells webhooks: one message to the address, else to the fallback address. */
export class Courier implements AsyncDisposable {
  private readonly root: string;
  private readonly clients = new Map<string, HttpClient>();

  /** @param root what keys of receivers are derived from */
  constructor(root: string) {
    this.root = root;
  }

  /** Never throws. @param id of the message, the same whenever it is sent again */
  async deliver(
    { url, fallback_url, deadline_ms }: Pick<Webhook, "url" | "fallback_url" | "deadline_ms">,
    id: string,
    body: News | TestNews,
    signal: AbortSignal,
  ): Promise<Attempt[]> {
    const text = JSON.stringify(body);
    const attempts: Attempt[] = [];
    for (const address of fallback_url === undefined ? [url] : [url, fallback_url]) {
      const attempt = await this.attempt(address, id, text, deadline_ms, signal);
      attempts.push(attempt);
      if (attempt.taken || signal.aborted) break;
    }
    return attempts;
  }

  private async attempt(
    url: string,
    id: string,
    text: string,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { origin, host, pathname, search } = new URL(url);
    const client = this.clients.get(origin) ?? new HttpClient({ name: host, origin, connectMs: 3000 });
    this.clients.set(origin, client);
    const started = performance.now();
    const done = (taken: boolean, answer: string): Attempt => ({
      url,
      taken,
      answer,
      ms: Math.round(performance.now() - started),
    });
    try {
      const { status, body } = await client.open({
        method: "POST",
        path: pathname + search,
        text,
        headers: {
          "content-type": "application/json",
          ...signature(questionKey(this.root, url), id, new Date(), text),
        },
        deadlineMs,
        signal,
      });
      await body.dump();
      return done(status >= 200 && status < 300, String(status));
    } catch (error) {
      return done(false, messageOf(error).slice(0, 300));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients.values()) await client[Symbol.asyncDispose]();
  }
}
