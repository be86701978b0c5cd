import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { isWrittenThrough, writeThrough } from "./write-through.ts";

const folders: string[] = [];
const folderIn = (parent: string): string => {
  const made = mkdtempSync(join(parent, "dialtone-through-"));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

it("holds for what is there and what comes, or says why not", async () => {
  const folder = folderIn(tmpdir());
  writeFileSync(join(folder, "old"), "");
  expect(await isWrittenThrough(join(folder, "old"))).toBe(false);
  const refused = await writeThrough(folder).then(
    () => undefined,
    (error: Error) => error.message,
  );
  writeFileSync(join(folder, "new"), "");
  // The file system of /tmp decides which of the two it is.
  if (refused === undefined) {
    expect(await isWrittenThrough(join(folder, "old"))).toBe(true);
    expect(await isWrittenThrough(join(folder, "new"))).toBe(true);
  } else {
    expect(refused).toContain(`what is written to ${folder} reaches the disk later: `);
    expect(await isWrittenThrough(join(folder, "new"))).toBe(false);
  }
});

it("says of a tmpfs that it can not", async () => {
  await expect(writeThrough(folderIn("/dev/shm"))).rejects.toThrow("reaches the disk later");
});
