import { text } from "node:stream/consumers";
import { messageOf } from "../base/message.ts";
import { convert, jobSchema } from "./convert.ts";

/**
 * A process of its own, started with low priority by run-conversion.ts: the app's thread decides calls and must not
 * wait for this. The job comes as JSON on stdin, the result goes as JSON to stdout.
 */
try {
  const job = jobSchema.parse(JSON.parse(await text(process.stdin)));
  process.stdout.write(JSON.stringify(await convert(job)));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
