import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { messageOf } from "../base/message.ts";

/** The one client of ours: HTTPS with an authority of one's own, plain HTTP, and HTTP over unix sockets, all by undici. */

export interface Place {
  /** For messages: a host's name, an address, a socket's path. */
  name: string;
  /** E.g. `https://192.0.2.11:8443`; of no meaning for a unix socket. */
  origin?: string;
  socketPath?: string;
  /** Whom to believe, and who we are; without it the system's authorities are believed. */
  tls?: { ca: string; cert?: string; key?: string };
  /** Sent as `Authorization: Bearer`. */
  token?: string;
  /** At most so many connections at a time; default: as many as there are questions at a time. */
  connections?: number;
  /** A connection that has not come about by then does not, ms; default 10 s. */
  connectMs?: number;
}

export interface Question {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`; `headers` say what it is. */
  text?: string;
  headers?: Record<string, string>;
  /** For the whole exchange, the answer's body included, ms. */
  deadlineMs?: number;
  /** Ends the exchange. */
  signal?: AbortSignal;
  /** The longest wait for the head of the answer, ms; default `idleMs`. */
  answerMs?: number;
  /** The longest silence within the answer, ms; default 10 s where there is no deadline. */
  idleMs?: number;
}

/** An answer whose body is still to be read, to its end, or dumped. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable & { text(): Promise<string>; dump(): Promise<void> };
}

/** Nobody answered, or not to the end. */
export class NoAnswer extends Error {
  /** The question left this host: whoever was asked may have done what it says. */
  readonly sent: boolean;
  /** The system's or undici's name of the fault, e.g. `ECONNREFUSED`; `TimeoutError`: the deadline. */
  readonly code: string;
  constructor(place: string, sent: boolean, cause: unknown) {
    const why = messageOf(cause);
    super(why.includes(place) ? why : `${place}: ${why}`, { cause });
    this.name = "NoAnswer";
    this.sent = sent;
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    this.code = typeof code === "string" ? code : cause instanceof Error ? cause.name : "";
  }
}

/** Something was answered, but not 2xx. */
export class Refused extends Error {
  readonly status: number;
  readonly text: string;
  constructor(question: string, status: number, text: string) {
    super(`${question}: ${status} ${text.slice(0, 300)}`);
    this.name = "Refused";
    this.status = status;
    this.text = text;
  }
}

const idleMs = 10_000;
/** Servers of ours keep an idle connection for longer than this (listeners.ts). */
const keepMs = 30_000;

/** Tells when a question has a connection and begins to leave. */
const whenSent =
  (told: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        told();
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...all) => handler.onRequestUpgrade?.(...all),
      onResponseStart: (...all) => handler.onResponseStart?.(...all),
      onResponseData: (...all) => handler.onResponseData?.(...all),
      onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
      onResponseError: (...all) => handler.onResponseError?.(...all),
    });

/** Asks one place, and keeps its connections for the next question. Idle connections do not keep a process alive. */
export class HttpClient implements AsyncDisposable {
  readonly place: Place;
  private readonly pool: Pool;

  constructor(place: Place) {
    this.place = place;
    const { origin = "http://localhost", socketPath, tls, connections, connectMs } = place;
    this.pool = new Pool(origin, {
      connections: connections ?? null,
      keepAliveTimeout: keepMs,
      keepAliveMaxTimeout: keepMs,
      connect: {
        timeout: connectMs ?? idleMs,
        ...(socketPath === undefined ? {} : { socketPath }),
        ...tls,
      },
    });
  }

  /** One question; any status is an answer. Reading `body` can fail with undici's own errors. @throws NoAnswer */
  async open(question: Question): Promise<Reply> {
    try {
      return await this.exchange(question);
    } catch (error) {
      // A kept connection whose end was not noticed yet (RFC 9112, 9.3.1).
      if (error instanceof NoAnswer && mayAskAgain(question, error.code))
        return await this.exchange(question);
      throw error;
    }
  }

  /** One question; any status is an answer. @throws NoAnswer */
  async ask(question: Question): Promise<{ status: number; text: string }> {
    const { status, body } = await this.open(question);
    try {
      return { status, text: await body.text() };
    } catch (error) {
      throw new NoAnswer(this.place.name, true, error);
    }
  }

  /** One question that is answered in JSON, or by nothing (undefined). @throws NoAnswer, Refused, SyntaxError */
  async json(question: Question): Promise<unknown> {
    const { status, text } = await this.ask(question);
    if (status < 200 || status > 299)
      throw new Refused(`${question.method ?? "GET"} ${question.path} at ${this.place.name}`, status, text);
    return text === "" ? undefined : JSON.parse(text);
  }

  private async exchange(question: Question): Promise<Reply> {
    const { token, name } = this.place;
    const silence = question.idleMs ?? (question.deadlineMs === undefined ? idleMs : 0);
    const signal = limitOf(question);
    let sent = false;
    const dispatcher = this.pool.compose(
      whenSent(() => {
        sent = true;
      }),
    );
    try {
      const { statusCode, headers, body } = await dispatcher.request({
        method: question.method ?? "GET",
        path: question.path,
        headers: {
          ...(question.body === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...question.headers,
        },
        headersTimeout: question.answerMs ?? silence,
        bodyTimeout: silence,
        body: question.text ?? (question.body === undefined ? null : JSON.stringify(question.body)),
        ...(signal && { signal }),
      });
      return { status: statusCode, headers, body };
    } catch (error) {
      throw new NoAnswer(name, sent, error);
    }
  }

  /** Ends the questions that are under way too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.destroy();
  }
}

/** EPIPE: the system took nothing of it. After the others a creation may have happened. */
const mayAskAgain = ({ method }: Question, code: string): boolean =>
  code === "EPIPE" || (method !== "POST" && (code === "ECONNRESET" || code === "UND_ERR_SOCKET"));

function limitOf({ deadlineMs, signal }: Question): AbortSignal | undefined {
  if (deadlineMs === undefined) return signal;
  const limit = AbortSignal.timeout(deadlineMs);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}
