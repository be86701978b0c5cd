import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostDirs } from "../cluster/facts.ts";
import {
  beginTrial,
  chooseDirectory,
  chosenDirectory,
  countStart,
  endTrial,
  goBack,
  readTrial,
  replaceFile,
  started,
} from "./trial.ts";

let root: string;
let file: string;
const dirs = () => hostDirs(join(root, "data"));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "trial-"));
  mkdirSync(join(root, "data"));
  file = join(root, "cluster.yaml");
  writeFileSync(file, "old");
});
afterEach(() => rmSync(root, { recursive: true }));

const change = { change: "c", who: "root@a", wallMs: 0 };

test("an agent that does not start three times goes back to file and release of before, and the next one says so", () => {
  chooseDirectory(dirs(), "/opt/one");
  beginTrial(dirs(), { ...change, directory: "/opt/one", cluster: "old" });
  chooseDirectory(dirs(), "/opt/two");
  replaceFile(file, "new");
  for (let start = 1; start <= 3; start++) {
    countStart(dirs(), file);
    expect(chosenDirectory(dirs())).toBe("/opt/two");
  }
  countStart(dirs(), file);
  expect(chosenDirectory(dirs())).toBe("/opt/one");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readTrial(dirs())).toBeUndefined();
  expect(started(dirs())).toMatch(/did not start 3 times with the change by root@a/);
  expect(started(dirs())).toBeUndefined();
});

test("starts of an agent that runs are not counted", () => {
  beginTrial(dirs(), { ...change, cluster: "old" });
  replaceFile(file, "new");
  for (let start = 1; start <= 10; start++) {
    countStart(dirs(), file);
    started(dirs());
  }
  expect(readFileSync(file, "utf8")).toBe("new");
});

test("going back to the unit's own folder", () => {
  beginTrial(dirs(), { ...change, directory: null });
  chooseDirectory(dirs(), "/opt/two");
  expect(goBack(dirs(), file)).toBe("release in the unit's folder");
  expect(chosenDirectory(dirs())).toBeUndefined();
  expect(() => goBack(dirs(), file)).toThrow(/nothing is on trial/);
});

test("a second step of the same change keeps what was before the first", () => {
  beginTrial(dirs(), { ...change, cluster: "old" });
  replaceFile(file, "new");
  beginTrial(dirs(), { ...change, cluster: "new" });
  goBack(dirs(), file);
  expect(readFileSync(file, "utf8")).toBe("old");
});

test("a confirmed change stays", () => {
  beginTrial(dirs(), { ...change, cluster: "old" });
  endTrial(dirs());
  for (let start = 1; start <= 10; start++) countStart(dirs(), file);
  expect(readTrial(dirs())).toBeUndefined();
});

test("a link is replaced, not followed: the hosts of a lab begin with one file", () => {
  const link = join(root, "link.yaml");
  symlinkSync(file, link);
  replaceFile(link, "own");
  expect(readFileSync(link, "utf8")).toBe("own");
  expect(readFileSync(file, "utf8")).toBe("old");
});
