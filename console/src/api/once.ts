/**
 * What makes something is done once, also when a host dies while it is asked: a POST has a key, and is sent again with it until it is
 * answered, by whichever node (docs/api.md, "Once").
 */

const patienceMs = 12_000;
const pauseMs = 400;

/** Attempts under way. */
const attempts = new Set<AbortController>();

/** Another app answers now: what waits for the one before waits in vain. */
export function askAnew(): void {
  for (const attempt of attempts) attempt.abort();
}

/** A login is nobody's yet; whoever logs in says so again. */
const isOnce = ({ method, url }: Request): boolean =>
  method === "POST" && !new URL(url).pathname.startsWith("/v1/session");

/** Is that no answer of an app, or one that says that it is being done? */
async function isOpen(response: Response): Promise<boolean> {
  if (response.status === 502 || response.status === 504) return true;
  const problem = response.headers.get("content-type")?.startsWith("application/problem+json") === true;
  if (response.status === 503) return !problem;
  if (response.status !== 409 || !problem) return false;
  const { code } = (await response.clone().json()) as { code?: unknown };
  return code === "in-progress";
}

/** As `fetch`. */
export async function fetchOnce(request: Request): Promise<Response> {
  if (!isOnce(request)) return await fetch(request);
  if (!request.headers.has("idempotency-key")) request.headers.set("idempotency-key", crypto.randomUUID());
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const attempt = new AbortController();
    attempts.add(attempt);
    try {
      const signal = AbortSignal.any([request.signal, attempt.signal]);
      const response = await fetch(request.clone(), { signal });
      if (!(await isOpen(response)) || performance.now() > deadline) return response;
    } catch (error) {
      if (request.signal.aborted || performance.now() > deadline) throw error;
    } finally {
      attempts.delete(attempt);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
