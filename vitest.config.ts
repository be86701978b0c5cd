import { defineConfig } from "vitest/config";

/** Files whose figures of outages and gaps are compared with promises: nothing else runs beside them. */
const timed = ["callers", "drill", "faults", "outages", "survival"].map((name) => `test/${name}.lab.ts`);

const lab = { testTimeout: 180_000, hookTimeout: 300_000, sequence: { concurrent: false } };

/**
 * `unit` is pure and fast. The others run the real parts in network namespaces: `lab` two files at a time (they mostly
 * wait), `lab-timed` one.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 10_000 } },
      {
        test: {
          ...lab,
          name: "lab",
          include: ["test/**/*.lab.ts"],
          exclude: timed,
          maxWorkers: 2,
          sequence: { ...lab.sequence, groupOrder: 1 },
        },
      },
      {
        test: {
          ...lab,
          name: "lab-timed",
          include: timed,
          fileParallelism: false,
          sequence: { ...lab.sequence, groupOrder: 2 },
        },
      },
    ],
  },
});
