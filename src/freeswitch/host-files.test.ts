import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captured } from "../../test/support/fake-freeswitch.ts";
import { cluster, data } from "../../test/support/freeswitch-world.ts";
import { carrierFacts } from "../carriers/login.ts";
import { freeswitchHosts } from "../cluster/facts.ts";
import { emptySnapshot as nothing, withChanges } from "../entities/snapshot.ts";
import { decide } from "../routing/decide.ts";
import { registry } from "../routing/registry.ts";
import { placeOf } from "./answer.ts";
import { importRecords, renewSnapshot } from "./host-client.ts";
import { hostFiles, leftRecords, snapshotFile, systemdUnits } from "./host-files.ts";
import { emptySnapshot, snapshotOf } from "./snapshot.ts";
import { written } from "./xml.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dialtone-fs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const place = placeOf({ cluster });
const [host] = freeswitchHosts(cluster);
const plan = (ca = "PEM") => ({
  host: host ?? { name: "", address: "", sipPort: 0 },
  place,
  origins: ["https://192.0.2.11:8443", "https://192.0.2.12:8443"],
  token: "a-token-of-this-host",
  ca,
  folder: "/etc/freeswitch",
  snapshot: emptySnapshot(place, undefined),
});
const snapshot = withChanges(registry, nothing(registry), 2, data);
const whole = (fallback?: string) =>
  written(
    snapshotOf(
      snapshot.parts,
      (question) => decide(snapshot, question, 0),
      place,
      carrierFacts(snapshot),
      fallback,
      "0123456789abcdef0123456789abcdef",
    ),
  );

/** Throws what xmllint says. */
function lint(files: string[]): void {
  const { status, stderr } = spawnSync("xmllint", ["--noout", ...files], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

describe("the configuration folder of a FreeSWITCH host", () => {
  test("xmllint reads every file of it, and the declaration has a line of its own", async () => {
    const files = Object.entries({ ...hostFiles(plan()), "dialtone/full.xml": whole() }).filter(([name]) =>
      name.endsWith(".xml"),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const [name, text] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
      expect(text.split("\n", 1)[0]).toBe('<?xml version="1.0" encoding="UTF-8"?>');
    }
    lint(files.map(([name]) => join(folder, name)));
  });

  test("the page about it explains each element, setting and module", async () => {
    const page = await readFile(new URL("../../docs/freeswitch.md", import.meta.url), "utf8");
    const files = Object.entries(hostFiles(plan())).filter(([name]) =>
      /^(freeswitch|autoload_configs\/.*)\.xml$/.test(name),
    );
    expect(files.length).toBeGreaterThan(8);
    const words = files.flatMap(([name, text]) => [
      name.replace("autoload_configs/", ""),
      ...[...text.matchAll(/<param name="([^"]+)"/g)].map(([, param = ""]) => param),
      ...[...text.matchAll(/<load module="mod_([^"]+)"/g)].map(([, module = ""]) => module),
      ...[...text.matchAll(/<([A-Za-z-]+)/g)].map(([, element = ""]) => element),
    ]);
    const common = ["param", "configuration", "settings", "modules", "action"];
    const missing = [...new Set(words)].filter((word) => !common.includes(word) && !page.includes(word));
    expect(missing).toEqual([]);
  });

  test("asks the nodes in order with a time-out and proof of who they are, then its own file", () => {
    const text = hostFiles(plan())["autoload_configs/xml_curl.conf.xml"] ?? "";
    expect([...text.matchAll(/name="gateway-url" value="([^"]+)"/g)].map(([, url]) => url)).toEqual([
      "https://192.0.2.11:8443/freeswitch/xml",
      "https://192.0.2.12:8443/freeswitch/xml",
      "file:/etc/freeswitch/dialtone/snapshot.xml",
    ]);
    expect([...text.matchAll(/name="timeout" value="([1-9][0-9]*)"/g)]).toHaveLength(2);
    for (const name of ["enable-cacert-check", "enable-ssl-verifyhost"])
      expect([...text.matchAll(new RegExp(`name="${name}" value="true"`, "g"))]).toHaveLength(2);
  });

  test("keeps records that nobody takes, in an encoding that can be read again; its event socket is closed", () => {
    const files = hostFiles(plan());
    const text = files["autoload_configs/json_cdr.conf.xml"] ?? "";
    for (const [name, value] of [
      ["encode", "base64"],
      ["log-b-leg", "false"],
      ["err-log-dir", leftRecords],
      ["log-errors-to-disk", "true"],
    ])
      expect(text).toContain(`name="${name}" value="${value}"`);
    expect(files["autoload_configs/modules.conf.xml"]).not.toContain("event_socket");
    expect(files["autoload_configs/event_socket.conf.xml"]).toContain('name="listen-ip" value="127.0.0.1"');
    expect(Object.values(systemdUnits("/opt/dialtone/bin/dialtone", "/etc/freeswitch")).join("")).toContain(
      leftRecords,
    );
  });
});

describe("what it answers by itself", () => {
  test("users, what everybody who dials gets, and the fallback", () => {
    const text = whole("sip:reception@192.0.2.9");
    expect(text).toContain('expression="^1000$"');
    expect(text).toContain('expression="^4711$"');
    expect(text).toContain("user/1000@fs.test");
    expect(text).toContain('name="a1-hash"');
    expect(text).toContain("gold_192.0.2.50_5070");
    expect(text).not.toContain('id="1001"'); // disabled
    expect(text).toContain("sofia/dialtone/sip:reception@192.0.2.9");
    expect(whole()).toContain("respond");
  });

  test("is renewed at once, and stays when nothing good comes", async () => {
    await mkdir(join(folder, "dialtone"));
    const file = join(folder, snapshotFile);
    await renewSnapshot(folder, { snapshot: () => Promise.resolve(whole()) });
    for (const bad of ["", "<html/>", whole().slice(0, -20)])
      await expect(renewSnapshot(folder, { snapshot: () => Promise.resolve(bad) })).rejects.toThrow(
        "the one before stays",
      );
    expect(await readFile(file, "utf8")).toBe(whole());
  });
});

test("records that lie there are sent again: what is taken moves away, the rest stays and is told", async () => {
  const bodies = {
    "1.cdr.json": captured("base64/cdr-json-post-aleg").body.slice(4),
    "a_2.cdr.xml": captured("cdr-xml-post-aleg").body.slice(4),
    "3.cdr.json": "cut off",
    "4.cdr.json": "being written",
    "notes.txt": "not ours",
  };
  const old = new Date(Date.now() - 60_000);
  for (const [name, text] of Object.entries(bodies)) {
    await writeFile(join(folder, name), text);
    if (!name.startsWith("4")) await utimes(join(folder, name), old, old);
  }
  const told: string[] = [];
  const tell = async (record: string): Promise<void> => {
    if (record === "cut off") throw new Error("400 no call record");
    told.push(record);
  };
  expect(await importRecords(folder, { tell }, Date.now())).toEqual({
    taken: ["1.cdr.json", "a_2.cdr.xml"],
    refused: { "3.cdr.json": "400 no call record" },
  });
  expect(told).toEqual([bodies["1.cdr.json"], bodies["a_2.cdr.xml"]]);
  expect((await readdir(folder)).sort()).toEqual(["3.cdr.json", "4.cdr.json", "notes.txt", "taken"]);
  expect((await importRecords(folder, { tell }, Date.now())).taken).toEqual([]);
});
