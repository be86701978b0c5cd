import createClient, { type Middleware } from "openapi-fetch";
import { fetchOnce } from "./once.ts";
import { ApiProblem, problemOf } from "./problem.ts";
import type { paths } from "./schema.ts";

/** What the session lends to each question; api/session.ts sets it. */
export const credentials: {
  csrf: string | undefined;
  expired: () => void;
  doubt: () => void;
  prove: () => Promise<boolean>;
} = {
  csrf: undefined,
  /** Asks who is there to prove again who it is; false: it did not. shell/prove.tsx sets it. */
  prove: () => Promise.resolve(false),
  /** A question was answered by 401. */
  expired: () => {},
  /** Something failed without a reason that is told: is the session still good? */
  doubt: () => {},
};

const withSession: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && credentials.csrf !== undefined)
      request.headers.set("x-dialtone-csrf", credentials.csrf);
    return request;
  },
  onResponse({ response, request }) {
    if (response.status === 401 && !request.url.includes("/v1/session")) credentials.expired();
  },
};

/** Sends it; what wants a proof of who asks (`proof-needed`) is sent again when it was given. */
async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await fetchOnce(request);
  if (response.status !== 403) return response;
  const problem = problemOf(
    response.status,
    await response
      .clone()
      .json()
      .catch(() => undefined),
  );
  return problem.code === "proof-needed" && (await credentials.prove()) ? await fetchOnce(again) : response;
}

/** Asks the app, typed by its OpenAPI document: `await answer(api.GET("/v1/users", { params: … }))`. */
export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "/" : location.origin,
  credentials: "same-origin",
  fetch: send,
});
api.use(withSession);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Nothing is changed if it is not as it was when this was its tag. */
export const ifMatch = (etag: string | undefined): Record<string, string> =>
  etag === undefined ? {} : { "if-match": etag };

/** The data of an answer. @throws ApiProblem */
export async function answer<T>(asked: Promise<Answered<T>>): Promise<T> {
  return (await answered(asked)).data;
}

/**
 * Changes one thing by what it is now: what others change at the same moment stays.
 * @param change makes the new body of it; undefined: nothing is to be changed @throws ApiProblem
 */
export async function edit<T>(path: string, change: (now: T) => unknown): Promise<void> {
  for (let attempt = 0; ; attempt++)
    try {
      const { data, etag } = await ask<T>("GET", path);
      const body = change(data);
      if (body !== undefined) await ask("PUT", path, { body, headers: ifMatch(etag) });
      return;
    } catch (error) {
      // Somebody was quicker.
      if (!(error instanceof ApiProblem && error.status === 412) || attempt >= 4) throw error;
    }
}

/** The data of an answer and its ETag, which `ifMatch` sends back. @throws ApiProblem */
export async function answered<T>(
  asked: Promise<Answered<T>>,
): Promise<{ data: T; etag: string | undefined }> {
  const { data, error, response } = await asked.catch((fault: unknown) => {
    throw new ApiProblem(0, "no-answer", fault instanceof Error ? fault.message : String(fault));
  });
  if (!response.ok) throw problemOf(response.status, error);
  return { data: data as T, etag: response.headers.get("etag") ?? undefined };
}

/**
 * A question by a path that is only known at run time, or of a route that the schema does not have.
 * @throws ApiProblem
 */
export async function ask<T = unknown>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  {
    body,
    headers = {},
    signal,
  }: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<{ data: T; etag: string | undefined }> {
  const request = new Request(path, {
    method,
    credentials: "same-origin",
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(method === "GET" || credentials.csrf === undefined ? {} : { "x-dialtone-csrf": credentials.csrf }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const response = await send(request).catch((fault: unknown) => {
    if (signal?.aborted) throw fault;
    throw new ApiProblem(0, "no-answer", fault instanceof Error ? fault.message : String(fault));
  });
  const text = await response.text();
  const json: unknown = text === "" ? undefined : parsed(text);
  if (!response.ok) {
    const problem = problemOf(response.status, json);
    // A wrong password that was asked for beside the session says nothing of the session.
    const ofSession = problem.status === 401 && problem.code !== "login-refused";
    if (ofSession && !path.startsWith("/v1/session")) credentials.expired();
    throw problem;
  }
  return { data: json as T, etag: response.headers.get("etag") ?? undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy's page: whoever reads it finds no document in it
  }
}
