import { expect, it } from "vitest";
import { createLogger } from "./log.ts";

it("survives a full disk below the log", () => {
  const log = createLogger("a", "info", "/dev/full");
  expect(() => log.info("first")).not.toThrow();
  expect(() => log.error({ password: "x" }, "second")).not.toThrow();
});
