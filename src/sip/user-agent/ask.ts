import { request as make, requestUri, response, type SipMessage } from "../message.ts";
import type { Client, Transactions } from "../transactions/layer.ts";
import type { Place } from "../transport.ts";
import type { Credentials } from "./credentials.ts";

/** A request and its answer as one promise, with credentials where they are asked for. */

export interface Answer {
  message: SipMessage;
  /** The request that was answered: the last one, when it was sent again with credentials. */
  request: SipMessage;
  /** Where it came from. */
  from: Place;
}

export interface AskOptions {
  credentials?: Credentials | undefined;
  /** Who waits gives up: an INVITE is cancelled. */
  signal?: AbortSignal | undefined;
  provisional?: ((message: SipMessage, request: SipMessage, from: Place) => void) | undefined;
  /** A 2xx to INVITE, again or from somebody else, or after `signal`. */
  late?: ((answer: Answer) => void) | undefined;
  /** The request was sent again, unanswered. */
  repeated?: (() => void) | undefined;
  /** The transaction, each one. */
  begun?: ((client: Client) => void) | undefined;
}

/**
 * @returns the final response; where none comes 408, where nothing gets there 503, of our own (RFC 3261 8.1.3.1)
 * @throws Error when `signal` aborts first
 */
export function ask(
  transactions: Transactions,
  request: SipMessage,
  to: Place,
  options: AskOptions = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { signal } = options;
  let done = false;
  const settle = (answer: Answer): void => {
    done = true;
    signal?.removeEventListener("abort", giveUp);
    resolve(answer);
  };
  const client = transactions.send(request, to, {
    response: (message, from) => {
      if (message.code < 200) {
        if (!done) options.provisional?.(message, request, from);
      } else if (done) options.late?.({ message, request, from });
      else settle({ message, request, from });
    },
    failed: (why) => {
      if (!done) settle({ message: response(request, why === "timeout" ? 408 : 503), request, from: to });
    },
    repeated: () => options.repeated?.(),
  });
  const giveUp = (): void => {
    if (done) return;
    done = true;
    client.hush();
    client.cancel();
    reject(new Error(`no answer to ${request.method}`));
  };
  if (signal?.aborted) giveUp();
  else signal?.addEventListener("abort", giveUp, { once: true });
  options.begun?.(client);
  return promise;
}

/** The same, sent again with credentials as long as that helps. @param build the request, under a new number each time */
export async function askWithCredentials(
  transactions: Transactions,
  build: () => SipMessage,
  to: (request: SipMessage) => Place,
  options: AskOptions,
): Promise<Answer> {
  const { credentials } = options;
  for (let attempt = 0; ; attempt++) {
    const plain = build();
    const { method, body } = plain;
    const proof = credentials?.headers(method, requestUri(plain), body, attempt > 0) ?? [];
    const request = make(method, requestUri(plain), [...plain.headers, ...proof], body);
    const answer = await ask(transactions, request, to(request), options);
    const { code } = answer.message;
    if ((code !== 401 && code !== 407) || !credentials?.learn(answer.message, attempt)) return answer;
  }
}
