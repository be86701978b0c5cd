import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Binding, captured, deliver, locate, post } from "../../test/support/fake-freeswitch.ts";
import { basic, data, openWorld, token, type World } from "../../test/support/freeswitch-world.ts";
import { authorize, ha1, parseChallenge } from "../sip/digest.ts";
import { appFiles } from "./context.ts";

/** What a FreeSWITCH asked, byte by byte, over TCP and the whole HTTP server. */
let one: World;
let other: World;
let empty: World;
beforeAll(async () => {
  one = await openWorld(data);
  other = await openWorld(data);
  empty = await openWorld();
});
afterAll(async () => {
  for (const world of [one, other, empty]) await world[Symbol.asyncDispose]();
});

const xml = "/freeswitch/xml";
const cdr = "/freeswitch/cdr";

/** A program that takes what it is sent and says this, or nothing. */
async function saying(answer?: string): Promise<{ server: Server; binding: Binding }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => answer !== undefined && socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, binding: { port: (server.address() as AddressInfo).port, path: "/", timeoutS: 1 } };
}

describe("what a FreeSWITCH 1.11 asks", () => {
  test("a dialplan", async () => {
    const { section } = await locate(captured("dialplan-request"), [one.at(xml)]);
    expect(section).toMatchObject({ context: { name: "public", extension: { name: "primary" } } });
    expect(JSON.stringify(section)).toContain("sofia/internal/sip:2000@192.0.2.60:5090");
  });

  test("a user, to register and to call: with what its digest is checked with, and no password", async () => {
    for (const name of ["directory-sip_auth-request", "directory-user_call-request"]) {
      const { section } = await locate(captured(name), [one.at(xml)]);
      const { ha1_md5 } = ha1("1000", "fs.test", "secret-of-it");
      expect(section).toMatchObject({
        domain: {
          name: "fs.test",
          groups: {
            group: {
              users: {
                user: {
                  id: "1000",
                  params: { param: expect.arrayContaining([{ name: "a1-hash", value: ha1_md5 }]) },
                  variables: { variable: expect.arrayContaining([{ name: "dialtone_user", value: "1000" }]) },
                },
              },
            },
          },
        },
      });
      expect(JSON.stringify(section)).not.toContain("secret-of-it");
    }
  });

  test("nobody's name and a disabled user's are answered with the section, so that nobody else is asked", async () => {
    const asked = captured("directory-sip_auth-request");
    for (const name of ["1001", "mallory", "../1000", "_probe-a"]) {
      const body = asked.body.replace(/&user=1000/, `&user=${encodeURIComponent(name)}`);
      const { by, section } = await locate({ ...asked, body }, [one.at(xml), other.at(xml)]);
      expect(by).toBe(0);
      expect(JSON.stringify(section)).not.toContain("a1-hash");
    }
  });

  test("gateways: carriers with their logins, also by way of the second URL", async () => {
    for (const name of ["directory-gateways-request", "directory-gateways-request-via-fallback"]) {
      const { section } = await locate(captured(name), [one.at(xml)]);
      expect(JSON.stringify(section)).toContain('"name":"gold_192.0.2.50_5070"');
      expect(JSON.stringify(section)).toContain('{"name":"password","value":"carriers-secret"}');
    }
  });

  test("its access list; any other configuration lies on its own disk", async () => {
    const asked = captured("directory-gateways-request");
    const about = (key: string) => ({
      ...asked,
      body: asked.body
        .replace("section=directory", "section=configuration")
        .replace("key_value=fs.test", `key_value=${key}`),
    });
    const { section } = await locate(about("acl.conf"), [one.at(xml)]);
    expect(JSON.stringify(section)).toContain('"cidr":"192.0.2.11/32"');
    expect((await post(about("sofia.conf"), one.at(xml))).status).toBe(404);
  });
});

describe("what can not be answered is an error status", () => {
  const dialplan = captured("dialplan-request");
  test("no rules yet, nothing dialled, no section", async () => {
    expect((await post(dialplan, empty.at(xml))).status).toBe(503);
    expect((await post(captured("directory-sip_auth-request"), empty.at(xml))).status).toBe(503);
    const nothing = dialplan.body.replaceAll(
      /(Hunt|Caller)-Destination-Number=2000/g,
      "$1-Destination-Number=",
    );
    expect((await post({ ...dialplan, body: nothing }, one.at(xml))).status).toBe(400);
    expect((await post({ ...dialplan, body: "section=phrases" }, one.at(xml))).status).toBe(404);
    expect((await post({ ...dialplan, body: "\u0000%%%" }, one.at(xml))).status).toBe(404);
  });

  test("and the next URL is asked: after an error, a refused connection, a server that hangs", async () => {
    const broken = await saying("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    const hung = await saying();
    const refused = await saying();
    await new Promise((resolve) => refused.server.close(resolve));
    for (const first of [empty.at(xml), broken.binding, refused.binding, hung.binding]) {
      const { by, section } = await locate(dialplan, [first, other.at(xml)]);
      expect(by).toBe(1);
      expect(section).toBeDefined();
    }
    for (const { server } of [broken, hung]) server.close();
  });
});

describe("what it tells", () => {
  const legs = [
    "cdr-json-post-aleg",
    "cdr-json-post-bleg",
    "cdr-xml-post-aleg",
    "cdr-xml-post-bleg",
    "base64/cdr-json-post-aleg",
  ];
  test("is taken as it was sent: on the disk, before it says so", async () => {
    for (const name of legs) expect((await post(captured(name), one.at(cdr))).status).toBe(200);
    const { httpJournal } = appFiles(one.app.context);
    const files = await readdir(httpJournal);
    const text = (await Promise.all(files.map((file) => readFile(join(httpJournal, file), "utf8")))).join("");
    const kinds = [...text.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind);
    // Twice: as JSON and as XML, with the same ids.
    expect(kinds.sort()).toEqual(["answer", "answer", "end", "end", "start", "start"]);
    expect(new Set([...text.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id)).size).toBe(3);
  });

  test("goes to the second URL when the first has an error, refuses, or hangs", async () => {
    const hung = await saying();
    const broken = await saying("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    for (const { binding } of [hung, broken])
      expect(await deliver(captured("cdr-json-post-aleg"), [binding, one.at(cdr)], 1)).toBe(true);
    for (const { server } of [hung, broken]) server.close();
  });

  test("is refused when it is none, or a stranger's", async () => {
    const record = captured("cdr-json-post-aleg");
    expect((await post({ ...record, body: record.body.slice(0, -40) }, one.at(cdr))).status).toBe(400);
    expect((await post(record, one.at(cdr, basic("fs1", "guess")))).status).toBe(401);
    expect((await post(record, one.at(cdr, ""))).status).toBe(401);
  });
});

describe("who may ask", () => {
  const asked = captured("dialplan-request");

  test("a host with its login: Basic, Digest, or its token", async () => {
    expect((await post(asked, one.at(xml, basic("fs1", token)))).status).toBe(200);
    expect((await post(asked, one.at(xml, `Bearer ${token}`))).status).toBe(200);
    const refused = await fetch(`http://127.0.0.1:${one.at(xml).port}${xml}`, { method: "POST", body: "" });
    const challenge = parseChallenge(
      (refused.headers.get("www-authenticate") ?? "").replace(/, Basic.*/, ""),
    );
    if (!challenge) throw new Error("no Digest is offered");
    const proof = (name: string, secret: string, url = xml) =>
      authorize(challenge, ha1(name, "dialtone", secret), name, { method: "POST", uri: url });
    expect((await post(asked, one.at(xml, proof("fs1", token)))).status).toBe(200);
    // The other node takes the same challenge.
    expect((await post(asked, other.at(xml, proof("fs1", token)))).status).toBe(200);
    for (const wrong of [proof("fs1", "guess"), proof("fs2", token), proof("fs1", token, "/freeswitch/cdr")])
      expect((await post(asked, one.at(xml, wrong))).status).toBe(401);
  });

  test("a stranger gets nothing", async () => {
    const { app } = one;
    const { api_token, peer_token } = app.context.secrets;
    for (const wrong of [
      "",
      basic("fs1", "guess"),
      basic("fs2", token),
      basic("", ""),
      basic("fs1", ""),
      "Bearer x",
      "Digest x",
    ]) {
      const { status, body } = await post(asked, one.at(xml, wrong));
      expect(status).toBe(401);
      expect(body).not.toContain("extension");
    }
    // Whoever may use the API, or is a node, is no FreeSWITCH host; and a FreeSWITCH host may not use the API.
    expect([401, 403]).toContain((await post(asked, one.at(xml, `Bearer ${api_token}`))).status);
    expect([401, 403]).toContain((await post(asked, one.at(xml, `Bearer ${peer_token}`))).status);
    const port = one.at(xml).port;
    const users = await fetch(`http://127.0.0.1:${port}/v1/users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(users.status).toBe(401);
  });
});
