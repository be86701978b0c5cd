import { defineConfig } from "vitest/config";

/** Two projects: `unit` is pure and fast; `lab` runs the real parts in network namespaces, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 10_000 } },
      {
        test: {
          name: "lab",
          include: ["test/**/*.lab.ts"],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
