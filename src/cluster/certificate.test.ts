import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addressesMissing, renewCertificate } from "./certificate.ts";
import { writeInit } from "./init.ts";
import { loadCluster, loadSecrets } from "./load.ts";

test("a host, and an address of the service, that is added later gets into the certificate, of the same authority", () => {
  const directory = mkdtempSync(join(tmpdir(), "dialtone-test-"));
  try {
    const file = join(directory, "cluster.yaml");
    const host = (name: string, role: "node" | "witness", address: string) => ({
      name,
      role,
      address,
      interface: "eth0",
    });
    writeInit(file, {
      cluster: "test",
      serviceAddress: "192.0.2.100/24",
      upstream: [],
      hosts: [
        host("a", "node", "192.0.2.11"),
        host("b", "node", "192.0.2.12"),
        host("w", "witness", "192.0.2.13"),
      ],
    });
    const before = loadSecrets(file);
    expect(addressesMissing(loadCluster(file), before)).toEqual([]);
    const text = readFileSync(file, "utf8");
    const later = text
      .replace("hosts:\n", "hosts:\n  e: { role: edge, address: 192.0.2.14 }\n")
      .replace("service:\n", "service:\n  address6: 2001:DB8:0::100/64\n");
    writeFileSync(file, later);
    expect(addressesMissing(loadCluster(file), before)).toEqual(["2001:db8::100", "192.0.2.14"]);
    expect(renewCertificate(file)).toEqual(["2001:db8::100", "192.0.2.14"]);
    const after = loadSecrets(file);
    expect(addressesMissing(loadCluster(file), after)).toEqual([]);
    expect(new X509Certificate(after.tls.cert).subjectAltName).toMatch(/^DNS:localhost, DNS:test, IP /);
    expect(new X509Certificate(after.tls.cert).verify(new X509Certificate(before.tls.ca).publicKey)).toBe(
      true,
    );
    expect({ ...after, tls: before.tls }).toEqual(before);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
