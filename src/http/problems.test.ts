import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { classify } from "../app/http.ts";
import { DatabaseUnavailable } from "../db/errors.ts";
import { JournalError } from "../journal/http-journal.ts";
import { catalogue, Problem, problemDocument } from "./problems.ts";

describe("problems", () => {
  it("are all in docs/errors.md, with their status", () => {
    const text = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
    const documented = [...text.matchAll(/^\| ([a-z-]+) \| (\d{3}) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(documented).toEqual(Object.entries(catalogue).map(([code, { status }]) => [code, status]));
  });

  it("are RFC 9457 documents", () => {
    expect(problemDocument("exists", "d")).toEqual({
      type: "/problems#exists",
      title: "It exists already",
      status: 409,
      detail: "d",
      code: "exists",
    });
  });

  it.each([
    [new Problem("in-use", "x"), "in-use"],
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
