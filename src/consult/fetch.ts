import { Readable } from "node:stream";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { limitedText } from "../http/limited.ts";

/** helpers.fetch of a script: hosts that it names, small answers, in time. */

const requestSchema = z.tuple([
  z.url({ protocol: /^https?$/ }).max(2048),
  z
    .object({
      method: z.enum(["GET", "POST"]).default("GET"),
      body: z
        .string()
        .max(64 * 1024)
        .optional(),
      headers: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/), z.string().max(1024)).default({}),
      deadline_ms: z.int().min(1).max(3000).optional(),
    })
    .default({ method: "GET", headers: {} }),
]);

const maxBytes = 64 * 1024;

/**
 * @param argument what the script gave to helpers.fetch
 * @param hosts `name` or `name:port`: whom it may ask
 * @throws Error in words for the script's author
 */
export async function fetchFor(
  argument: unknown,
  hosts: readonly string[],
  leftMs: number,
): Promise<{ status: number; body: string }> {
  const parsed = requestSchema.safeParse(argument);
  if (!parsed.success) throw new Error(`fetch: ${z.prettifyError(parsed.error)}`);
  const [address, { method, body, headers, deadline_ms }] = parsed.data;
  const url = new URL(address);
  if (!hosts.includes(url.host) && !hosts.includes(url.hostname))
    throw new Error(`fetch: ${url.host} is not in the script's hosts`);
  const deadline = Math.max(1, Math.min(leftMs, deadline_ms ?? leftMs));
  // A redirection could lead to any host.
  const reply = await fetch(url, {
    method,
    headers,
    redirect: "error",
    signal: AbortSignal.timeout(deadline),
    ...(body !== undefined && { body }),
  });
  try {
    return { status: reply.status, body: await limitedText(reply.body ?? Readable.from([]), maxBytes) };
  } catch (error) {
    throw new Error(`fetch: ${url.host} ${messageOf(error)}`, { cause: error });
  }
}
