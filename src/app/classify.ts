import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from "fastify-type-provider-zod";
import { UndecidedError } from "../call/ask.ts";
import { errnoOf, isRetryable } from "../db/errors.ts";
import { Problem, type ProblemCode } from "../http/problems.ts";
import { JournalError } from "../journal/http-journal.ts";

const fastifyCodes: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid-request",
};

/** Which problem an error is. Pure. */
export function classify(error: unknown): {
  code: ProblemCode;
  detail: string;
  errors?: { path: string; message: string }[];
  /** Seconds. */
  retryAfter?: number;
} {
  if (error instanceof Problem)
    return {
      code: error.code,
      detail: error.message,
      ...(error.errors && { errors: error.errors }),
      ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }),
    };
  if (!(error instanceof Error)) return { code: "internal", detail: "see the app's log" };
  if (error instanceof UndecidedError) return { code: "internal", detail: error.message };
  if (error instanceof JournalError) return { code: "journal-unavailable", detail: error.message };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((fault) => ({
      path: fault.instancePath === "" ? "/" : fault.instancePath,
      message: fault.message ?? "is not valid",
    }));
    const where = (error as { validationContext?: string }).validationContext ?? "request";
    return {
      code: "invalid-request",
      detail: `the ${where} does not fit: ${errors[0]?.path} ${errors[0]?.message}`,
      errors,
    };
  }
  if (isResponseSerializationError(error))
    return { code: "internal", detail: "the answer does not fit its own schema" };
  const known = fastifyCodes[(error as FastifyError | undefined)?.code ?? ""];
  if (known) return { code: known, detail: (error as Error).message };
  if (isRetryable(error)) return { code: "database-unavailable", detail: error.message };
  if (errnoOf(error) === 1969) return { code: "search-too-slow", detail: "gave up after 2 s" };
  // The first start: the database answers, but its tables are still being made.
  if (errnoOf(error) === 1146) return { code: "database-unavailable", detail: "the tables are not made yet" };
  const status = (error as FastifyError | undefined)?.statusCode;
  if (status !== undefined && status >= 400 && status < 500)
    return { code: "invalid-request", detail: (error as Error).message };
  return { code: "internal", detail: "see the app's log" };
}
