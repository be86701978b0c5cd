/** Runs `work` with a signal that Ctrl-C aborts, so that it ends in good order: what a drill broke is repaired. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const abort = () => stop.abort(new Error("interrupted"));
  // Not `once`: execa's own handler ends the process when it believes to be the only listener.
  process.on("SIGINT", abort).on("SIGTERM", abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", abort).off("SIGTERM", abort);
  }
}
