import { readFileSync } from "node:fs";
import { HttpClient, type Question } from "../../src/http/client.ts";

/**
 * One question over HTTPS from inside a lab's host: what and whom is JSON on stdin. Prints the status, and on the next
 * lines the body. For hosts of a lab.
 */
export interface Errand {
  origin: string;
  ca: string;
  token: string;
  question: Pick<Question, "method" | "path" | "body">;
}

if (import.meta.main) {
  const { origin, ca, token, question } = JSON.parse(readFileSync(0, "utf8")) as Errand;
  await using client = new HttpClient({ name: origin, origin, tls: { ca }, token });
  const { status, text } = await client.ask({ ...question, deadlineMs: 5000 });
  process.stdout.write(`${status}\n${text}`);
}
