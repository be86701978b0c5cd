import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { ownNetwork } from "./test/support/own-network.ts";

/** Files that break one lab, one after the other, and leave it well: test/support/shared-lab.ts. */
const shared = ["drill", "faults", "orders", "outages", "phone", "programs", "survival"].map(
  (name) => `test/${name}.lab.ts`,
);

/** Files that start a lab of their own say so by what they import. */
const tests = readdirSync(join(import.meta.dirname, "test"))
  .filter((name) => name.endsWith(".lab.ts"))
  .map((name) => `test/${name}`);
const startsLab = (file: string): boolean =>
  /from "\.\.\/src\/lab\/lab\.ts"/.test(readFileSync(join(import.meta.dirname, file), "utf8"));

/** The long ones first, as vitest knows them from the run before, or by their size; `sip` is short and takes longest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const first = (file: TestSpecification) => file.moduleId.endsWith("/test/sip.lab.ts");
    const sorted = await super.sort(files);
    return [...sorted.filter(first), ...sorted.filter((file) => !first(file))];
  }
}

/**
 * How much longer than on a quiet, fast machine the tests wait for what must come (src/base/patience.ts). They promise that
 * it comes; how soon is the business of bench/.
 */
const patience = process.env.DIALTONE_PATIENCE ?? "4";
const minutes = (count: number) => count * 60_000 * Math.max(1, Number(patience) / 4);

/** Compiled modules of what the tests start, where bin/dialtone keeps them: it starts in two thirds of the time. */
const compiled = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "dialtone/compiled");

const lab = {
  env: { DIALTONE_PATIENCE: patience, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled },
  // Backstops: each wait has a deadline of its own, which says what did not come.
  testTimeout: minutes(15),
  hookTimeout: minutes(15),
  sequence: { concurrent: false },
};

/**
 * `unit` is pure and fast. The others run the real parts in network namespaces. `lab-app`: single ones (the app, its database, a
 * SIP server, a browser), several files at a time, which are bound by the processors. `lab`: a cluster waits most of the time (it takes a
 * third of a processor), so there are two at a time.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "console/src/**/*.test.ts", "client/src/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...lab,
          name: "lab-app",
          include: tests.filter((file) => !shared.includes(file) && !startsLab(file)),
          pool: ownNetwork,
          maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
          sequence: { ...lab.sequence, groupOrder: 1 },
        },
      },
      {
        test: {
          ...lab,
          name: "lab",
          include: tests.filter((file) => !shared.includes(file) && startsLab(file)),
          maxWorkers: 2,
          sequence: { ...lab.sequence, groupOrder: 2 },
        },
      },
      {
        test: {
          ...lab,
          name: "lab-shared",
          include: shared,
          globalSetup: "test/support/shared-lab.ts",
          fileParallelism: false,
          sequence: { ...lab.sequence, groupOrder: 3 },
        },
      },
    ],
  },
});
