import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Files that break one lab, one after the other, and leave it well: test/support/shared-lab.ts. */
const shared = ["drill", "faults", "outages", "phone", "programs", "survival"].map(
  (name) => `test/${name}.lab.ts`,
);

/**
 * How much longer than on a quiet, fast machine the tests wait for what must come (src/base/patience.ts). They promise that
 * it comes; how soon is the business of bench/.
 */
const patience = process.env.DIALTONE_PATIENCE ?? "4";
const minutes = (count: number) => count * 60_000 * Math.max(1, Number(patience) / 4);

const lab = {
  env: { DIALTONE_PATIENCE: patience },
  // Backstops: each wait has a deadline of its own, which says what did not come.
  testTimeout: minutes(15),
  hookTimeout: minutes(15),
  sequence: { concurrent: false },
};

/**
 * `unit` is pure and fast. The others run the real parts in network namespaces: a cluster wants two processors, so there
 * is one lab at a time, two where there is room.
 */
export default defineConfig({
  test: {
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
          name: "lab",
          include: ["test/**/*.lab.ts"],
          exclude: shared,
          maxWorkers: availableParallelism() >= 4 ? 2 : 1,
          sequence: { ...lab.sequence, groupOrder: 1 },
        },
      },
      {
        test: {
          ...lab,
          name: "lab-shared",
          include: shared,
          globalSetup: "test/support/shared-lab.ts",
          fileParallelism: false,
          sequence: { ...lab.sequence, groupOrder: 2 },
        },
      },
    ],
  },
});
