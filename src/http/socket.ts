import { Client } from "undici";

/**
 * One request to a unix socket of a host's agent or app, answered within `deadlineMs`.
 * @throws Error when nobody answers, not in time, or not with 2xx.
 */
export async function askSocket(
  socketPath: string,
  method: "GET" | "POST" | "PUT",
  path: string,
  options: { body?: unknown; deadlineMs?: number } = {},
): Promise<unknown> {
  const client = new Client("http://localhost", { socketPath });
  try {
    const response = await client.request({
      method,
      path,
      signal: AbortSignal.timeout(options.deadlineMs ?? 1000),
      ...(options.body === undefined
        ? {}
        : { body: JSON.stringify(options.body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.body.text();
    if (response.statusCode < 200 || response.statusCode > 299)
      throw new Error(`${method} ${path} at ${socketPath}: ${response.statusCode} ${text.slice(0, 300)}`);
    return text === "" ? undefined : JSON.parse(text);
  } finally {
    await client.destroy();
  }
}
