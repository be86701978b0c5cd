/** What went wrong with a question to the app: its problem document (docs/errors.md), or that nobody answered. */
export class ApiProblem extends Error {
  /** HTTP status; 0: nobody answered. */
  readonly status: number;
  /** Stable, of /problems; `no-answer`: nobody answered. */
  readonly code: string;
  /** What is wrong with which field; `path` is a JSON pointer into what was sent: `/name`. */
  readonly errors: readonly { path: string; message: string }[];

  constructor(
    status: number,
    code: string,
    detail: string,
    errors: readonly { path: string; message: string }[] = [],
  ) {
    super(detail);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** A host that dies is gone for less than a second: what could not be asked is asked again. What was refused is not. */
export const mayAskAgain = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 0 || error.status === 503 || error.status === 502);

/** How problems are told; the shell knows the language (shell/problems.ts). */
export const wording: {
  problem: (problem: ApiProblem) => string;
  /** What is wrong with one field. */
  field: (message: string) => string;
} = { problem: ({ message }) => message, field: (message) => message };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** A problem of what an answer's body says, whatever it is. */
export function problemOf(status: number, body: unknown): ApiProblem {
  const document = isRecord(body) ? body : {};
  const errors = Array.isArray(document.errors)
    ? document.errors.filter(isRecord).map(({ path, message }) => ({
        path: String(path ?? ""),
        message: wording.field(String(message ?? "")),
      }))
    : [];
  const code = typeof document.code === "string" ? document.code : `http-${status}`;
  const detail = typeof document.detail === "string" ? document.detail : `the answer was ${status}`;
  return new ApiProblem(status, code, detail, errors);
}

/** The fault of any error for people. */
export const messageOf = (error: unknown): string =>
  error instanceof ApiProblem
    ? wording.problem(error)
    : error instanceof Error
      ? error.message
      : String(error);
