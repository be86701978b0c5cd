import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostOf, smallCluster } from "../../../test/support/host.ts";
import { journalDirs } from "../../cluster/facts.ts";
import { clusterSchema } from "../../cluster/schema.ts";
import { forgetCarried, reserveJournal, rotateJournal, trimJournal } from "./journal.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-journal-"));
});
afterEach(() => rm(root, { recursive: true }));

test("a host on which Kamailio has not been started yet has nothing to keep in order, and says nothing", async () => {
  const host = hostOf(clusterSchema.parse(smallCluster), "a", root);
  const all = async () => {
    expect(await reserveJournal(host)).toEqual([]);
    await trimJournal(host);
    await forgetCarried(host);
    expect(await rotateJournal(host, new Date())).toEqual([]);
  };
  await all();
  await mkdir(journalDirs(host.dirs).disk, { recursive: true });
  await all();
});
