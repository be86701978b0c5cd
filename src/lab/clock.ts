import { writeFileSync } from "node:fs";

/** A host's own wall clock by libfaketime(1); the monotonic clock stays the machine's, as it does when a real clock jumps. */

/** Environment of processes whose wall clock is as far off as the file says, within a second of a change. */
export const clockEnvironment = (file: string): Record<string, string> => ({
  // The loader finds the library by its directory on any architecture: $LIB is lib/<multiarch> on Debian.
  LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_CACHE_DURATION: "1",
  DONT_FAKE_MONOTONIC: "1",
  FAKETIME_DISABLE_SHM: "1",
});

/** Not atomically replaced: the library keeps no file open, and one line is written at once. */
export const setClock = (file: string, seconds: number): void =>
  writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}\n`, { mode: 0o644 });
