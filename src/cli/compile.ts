import type { Command } from "commander";

/** `dialtone compile`, for programs: the first agent and app of a release find their modules compiled (bin/dialtone says where). */
export function registerCompile(program: Command): void {
  program
    .command("compile", { hidden: true })
    .description("compile agent and app ahead: what strips types stays in the memory of whoever needs it")
    .action(async () => {
      await import("./up.ts");
      await import("./app.ts");
      // Here it is no thread, and ends at once; compiled it is.
      await import("../journal/carry-worker.ts").catch(() => {});
    });
}
