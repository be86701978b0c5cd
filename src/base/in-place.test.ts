import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeInPlace } from "./in-place.ts";

test("makes the file, and writes over what it had", () => {
  const folder = mkdtempSync(join(tmpdir(), "dialtone-in-place-"));
  try {
    const file = join(folder, "health");
    writeInPlace(file, "0\n");
    expect(readFileSync(file, "utf8")).toBe("0\n");
    writeInPlace(file, "1\n");
    expect(readFileSync(file, "utf8")).toBe("1\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
