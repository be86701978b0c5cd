import type { components } from "../../console/src/api/schema.ts";

type Document = components["schemas"]["Problem"];

/** Codes of problems are stable; `no-answer`: no node answered; `unknown`: something else did. */
export type ProblemCode = Document["code"] | "no-answer" | "unknown";

/** What was refused, in the API's own words (RFC 9457), or that nobody answered. */
export class ApiProblem extends Error {
  /** HTTP status; 0: nobody answered. */
  readonly status: number;
  readonly code: ProblemCode;
  /** What is wrong with which field: `path` is a JSON pointer into what was sent. */
  readonly errors: readonly { path: string; message: string }[];
  /** Of what is there now, after 412. */
  readonly etag: string | undefined;

  constructor(
    status: number,
    code: ProblemCode,
    detail: string,
    {
      errors = [],
      etag,
      cause,
    }: { errors?: ApiProblem["errors"]; etag?: string | undefined; cause?: unknown } = {},
  ) {
    super(detail, { cause });
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.etag = etag;
  }
}

/** The problem of an answer that is not 2xx. Pure. */
export function problemOf(
  { status, headers }: Pick<Response, "status" | "headers">,
  body: unknown,
): ApiProblem {
  const etag = headers.get("etag") ?? undefined;
  if (typeof body !== "object" || body === null || !("code" in body) || !("detail" in body))
    return new ApiProblem(status, "unknown", `answered ${status}: ${String(body).slice(0, 200)}`, { etag });
  const { code, detail, errors } = body as Document;
  return new ApiProblem(status, code, detail, { etag, ...(errors && { errors }) });
}

/** The same, of an answer as text. Pure. */
export function problemIn(response: Pick<Response, "status" | "headers">, text: string): ApiProblem {
  try {
    return problemOf(response, JSON.parse(text));
  } catch {
    return problemOf(response, text); // a proxy's page
  }
}
