import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { HostContext } from "../../cluster/facts.ts";
import { hostDirs } from "../../cluster/facts.ts";
import { mariadb } from "./index.ts";

test("a position that was read a moment ago is not read again", async () => {
  const data = mkdtempSync(join(tmpdir(), "dialtone-mariadb-"));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const dirs = hostDirs(data);
  mkdirSync(join(dirs.mariadb, "mysql"), { recursive: true });
  const uuid = "11111111-2222-3333-4444-555555555555";
  // As a server leaves it that was killed.
  const grastate = `uuid:    ${uuid}\nseqno:   -1\nsafe_to_bootstrap: 0\n`;
  writeFileSync(join(dirs.mariadb, "grastate.dat"), grastate);
  const how = { bootstrap: false, position: { uuid, seqno: 42 }, signal: AbortSignal.timeout(1000) };
  // Asking mariadbd would fail: it has no configuration here.
  expect(await mariadb.prepare?.({ dirs } as HostContext, how)).toEqual([
    `--wsrep-start-position=${uuid}:42`,
  ]);
});
