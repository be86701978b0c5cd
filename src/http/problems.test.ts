import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue, problemDocument } from "./problems.ts";

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
});
