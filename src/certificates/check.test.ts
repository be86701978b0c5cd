import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, anAuthority } from "../../test/support/authority.ts";
import { type Doors, faultsOf, type Given, tidied } from "./check.ts";

const now = new Date("2026-07-01T00:00:00Z");
const doors: Doors = { names: ["tel.example.org"], addresses: ["192.0.2.100"] };

let root: Authority;
let middle: Authority;
let other: Authority;
let good: Given;
let chained: Given;

beforeAll(async () => {
  [root, other] = await Promise.all([anAuthority("root"), anAuthority("other")]);
  middle = await anAuthority("middle", root);
  good = await root.issue({ names: ["tel.example.org", "192.0.2.100"] });
  const one = await middle.issue({ names: ["tel.example.org"] });
  chained = { ...one, certificate: one.certificate + middle.certificate };
});

const said = (given: Given, at = now, what = doors) =>
  faultsOf(given, what, [new X509Certificate(root.certificate)], at).map(
    ({ path, message }) => `${path} ${message}`,
  );

describe("a certificate that is good", () => {
  test("by an authority that is known, by one whose certificate follows, and with its root", () => {
    expect(said(good)).toEqual([]);
    expect(said(chained)).toEqual([]);
    expect(said({ ...chained, certificate: chained.certificate + root.certificate })).toEqual([]);
  });

  test("with the keys of other programs, and words around it", async () => {
    const pkcs1 = createPrivateKey(good.key).export({ type: "sec1", format: "pem" }).toString();
    const given = { certificate: `subject=CN\r\n${good.certificate.replaceAll("\n", "\r\n")}`, key: pkcs1 };
    expect(said(given)).toEqual([]);
    expect(tidied(given).certificate).toBe(good.certificate);
    expect(tidied(given).key).toBe(pkcs1);
  });

  test("for the address, where there are no names", () => {
    expect(said(good, now, { names: [], addresses: ["192.0.2.100"] })).toEqual([]);
  });
});

describe("a certificate that is refused", () => {
  test("the key is another one's, none, encrypted, weak", async () => {
    const another = await root.issue({ names: ["tel.example.org"] });
    expect(said({ ...good, key: another.key })).toEqual(["/key does not fit the certificate"]);
    expect(said({ ...good, key: "hello" })).toEqual([
      "/key has no private key in PEM (-----BEGIN PRIVATE KEY-----)",
    ]);
    const encrypted = createPrivateKey(good.key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
      .toString();
    expect(said({ ...good, key: encrypted })).toEqual([
      expect.stringMatching(/^\/key is encrypted with a password/),
    ]);
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    expect(said({ ...good, key: weak.export({ type: "pkcs8", format: "pem" }).toString() })).toEqual([
      expect.stringMatching(/^\/key is a key of the kind RSA 1024: browsers take/),
      "/key does not fit the certificate",
    ]);
    expect(said({ ...good, key: good.key.slice(0, 60) })).toEqual([expect.stringMatching(/^\/key has no/)]);
  });

  test("it is cut, or no certificate, or has the key in it", () => {
    expect(said({ ...good, certificate: good.key })).toEqual([
      expect.stringMatching(/^\/certificate has a private key in it/),
      expect.stringMatching(/^\/certificate has no certificate in PEM/),
    ]);
    const cut = good.certificate.replace(/.{64}\n/, "");
    expect(said({ ...good, certificate: cut })).toEqual([
      "/certificate certificate 1 of the text can not be read: is it whole?",
    ]);
  });

  test("the chain is not complete, or in another order", async () => {
    const leaf = await middle.issue({ names: ["tel.example.org"] });
    expect(said(leaf)).toEqual([
      expect.stringMatching(
        /^\/certificate the chain is not complete: who issued it, CN=middle, does not follow/,
      ),
    ]);
    expect(said({ ...leaf, certificate: leaf.certificate + other.certificate })).toEqual([
      expect.stringMatching(/^\/certificate certificate 2 \(CN=other\) did not issue the one before it/),
    ]);
    expect(said({ ...leaf, certificate: middle.certificate + leaf.certificate })[0]).toBe(
      "/key fits another certificate of the text than the first one: put that one first",
    );
  });

  test("it is over, or not good yet", () => {
    expect(said(good, new Date("2028-01-01"))).toEqual([
      expect.stringMatching(/^\/certificate ended on 2027-/),
    ]);
    expect(said(good, new Date("2020-01-01"))).toEqual([
      expect.stringMatching(/^\/certificate is not good before 20/),
    ]);
  });

  test("it is for other names, or not for servers", async () => {
    const elsewhere = await root.issue({ names: ["www.example.org"] });
    expect(said(elsewhere)).toEqual([
      "/certificate is not for tel.example.org, by which browsers know the service (web.names); it is for DNS:www.example.org",
    ]);
    expect(said(elsewhere, now, { names: [], addresses: ["192.0.2.100"] })).toEqual([
      expect.stringMatching(/^\/certificate is not for 192\.0\.2\.100: write the names/),
    ]);
    const client = await root.issue({ names: ["tel.example.org"], client: true });
    expect(said(client)).toEqual(["/certificate is not for servers (extended key usage has no serverAuth)"]);
  });
});
