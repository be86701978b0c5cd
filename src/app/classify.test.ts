import { describe, expect, it } from "vitest";
import { UndecidedError } from "../call/ask.ts";
import { DatabaseUnavailable } from "../db/errors.ts";
import { Problem } from "../http/problems.ts";
import { JournalError } from "../journal/http-journal.ts";
import { classify } from "./classify.ts";

describe("errors", () => {
  it.each([
    [new Problem("in-use", "x"), "in-use"],
    [new UndecidedError("c1", new TypeError("bug")), "internal"],
    [new JournalError("full"), "journal-unavailable"],
    [new DatabaseUnavailable("gone"), "database-unavailable"],
    [Object.assign(new Error("WSREP has not yet prepared node"), { errno: 1047 }), "database-unavailable"],
    [Object.assign(new Error("Deadlock"), { errno: 1213 }), "database-unavailable"],
    [
      Object.assign(new Error("too large"), { code: "FST_ERR_CTP_BODY_TOO_LARGE", statusCode: 413 }),
      "too-large",
    ],
    [Object.assign(new Error("odd"), { statusCode: 418 }), "invalid-request"],
    [Object.assign(new Error("no such table"), { errno: 1146 }), "database-unavailable"],
    [new TypeError("bug"), "internal"],
    ["thrown text", "internal"],
  ])("%s is %s", (error, code) => {
    expect(classify(error).code).toBe(code);
  });

  it("tell nothing of our own faults to the outside", () => {
    expect(classify(new Error("password=secret")).detail).not.toContain("secret");
  });
});
