import createClient, { type Client } from "openapi-fetch";
import type { components, paths, webhooks } from "../../console/src/api/schema.ts";
import { events, type Told } from "./events.ts";
import { type Access, Nodes } from "./nodes.ts";
import { ApiProblem, problemOf } from "./problem.ts";

/** The API of a Dialtone cluster for programs: README.md. */

export type { ProblemCode } from "./problem.ts";
export type { Access, components, paths, Told, webhooks };
export { ApiProblem };

/** What a webhook is told, by type: `Message<"call.ended">`. */
export type Message<Type extends keyof webhooks> = webhooks[Type]["post"] extends {
  requestBody: { content: { "application/json": infer Body } };
}
  ? Body
  : never;

interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** A page of a list. */
interface Page<After> {
  next: After | null;
}

export interface Dialtone {
  /** Each route, typed: `api.GET("/v1/users/{name}", { params: { path: { name: "ada" } } })`. */
  api: Client<paths>;
  /** What happens, from now on, over takeovers. @param path with its query: `/v1/call-events?number=5000` */
  events(path: string, how: { signal: AbortSignal; after?: string }): AsyncGenerator<Told>;
}

export function dialtone(access: Access): Dialtone {
  const nodes = new Nodes(access);
  const api = createClient<paths>({
    // Which node it is, is found when it is asked.
    baseUrl: "https://any.invalid",
    fetch: (request) => nodes.fetch(request),
  });
  return { api, events: (path, how) => events(nodes, path, how) };
}

/** The data of an answer, and its tag for `If-Match`. @throws ApiProblem */
export async function answered<Data>(
  asked: Promise<Answered<Data>>,
): Promise<{ data: Data; etag: string | undefined }> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response, error);
  return { data: data as Data, etag: response.headers.get("etag") ?? undefined };
}

/** The data of an answer. @throws ApiProblem */
export const answer = async <Data>(asked: Promise<Answered<Data>>): Promise<Data> =>
  (await answered(asked)).data;

/**
 * All of a list, page by page: `pages((after) => api.GET("/v1/users", { params: { query: { after } } }))`. Where `after` is a number:
 * `pages((after: number | undefined) => …`. @throws ApiProblem
 */
export async function* pages<Data extends Page<After>, After extends string | number = string>(
  ask: (after: After | undefined) => Promise<Answered<Data>>,
): AsyncGenerator<Data> {
  for (let after: After | undefined; ; ) {
    const page = await answer(ask(after));
    yield page;
    if (page.next === null) return;
    after = page.next;
  }
}
