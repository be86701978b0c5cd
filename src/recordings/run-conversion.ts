import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Job } from "./convert.ts";
import { type ConversionResult, resultSchema } from "./recording-schema.ts";

const program = fileURLToPath(new URL("./convert-main.ts", import.meta.url));

/** Longest conversion. An hour of G.711 takes some seconds. */
const timeoutMs = 30 * 60_000;

/**
 * Runs one conversion in a process of its own that only gets what calls leave over (nice 19, idle disk class).
 * @throws Error with the converter's own words; when `signal` aborts it is killed.
 */
export async function runConversion(job: Job, signal: AbortSignal): Promise<ConversionResult> {
  const node = [
    process.execPath,
    "--max-old-space-size=256",
    "--disable-warning=ExperimentalWarning",
    program,
  ];
  const result = await execa("nice", ["-n", "19", "ionice", "-c", "3", ...node], {
    input: JSON.stringify(job),
    reject: false,
    timeout: timeoutMs,
    cancelSignal: signal,
    // Its ffmpeg must die with it: it reads from a pipe that closes.
    forceKillAfterDelay: 2000,
  });
  if (result.failed)
    throw new Error(`conversion failed: ${result.stderr.trim().slice(-500) || result.shortMessage}`);
  return resultSchema.parse(JSON.parse(result.stdout));
}
