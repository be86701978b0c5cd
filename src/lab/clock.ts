import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A host's own wall clock by libfaketime(1); the monotonic clock stays the machine's, as it does when a real clock jumps. */

/** Redis's allocator asks the time before libfaketime is ready for it, and both wait for ever: it keeps the true time. */
const clockless = "redis-server";

/** Environment of processes whose wall clock is as far off as the file says, within a second of a change. */
export function clockEnvironment(file: string, path: string): Record<string, string> {
  const wrappers = `${file}.bin`;
  mkdirSync(wrappers, { recursive: true, mode: 0o755 });
  const script = `#!/bin/sh\nunset LD_PRELOAD\nPATH=${path} exec ${clockless} "$@"\n`;
  writeFileSync(join(wrappers, clockless), script, { mode: 0o755 });
  return {
    PATH: `${wrappers}:${path}`,
    // The loader finds the library on any architecture: $LIB is lib/<multiarch> on Debian.
    LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    DONT_FAKE_MONOTONIC: "1",
    FAKETIME_DISABLE_SHM: "1",
  };
}

/** Not atomically replaced: the library keeps no file open, and one line is written at once. */
export const setClock = (file: string, seconds: number): void =>
  writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}\n`, { mode: 0o644 });
