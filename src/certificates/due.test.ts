import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { smallCluster } from "../../test/support/host.ts";
import { issueCertificate } from "../cluster/certificate.ts";
import { type Cluster, clusterSchema } from "../cluster/schema.ts";
import type { Secrets } from "../cluster/secrets.ts";
import { faultsOf, type Given } from "./check.ts";
import { namesOf, renewalOf, usedOf, whyGenerate } from "./due.ts";
import { issueWebCertificate, lifeDays } from "./issue.ts";

const now = new Date("2026-07-01T12:00:00Z");
const later = (days: number) => now.getTime() + days * 86_400_000;
const of = (web: object): Cluster => clusterSchema.parse({ ...smallCluster, web });
const cluster = of({ names: ["tel.example.org"] });

let tls: Secrets["tls"];
let made: Given;
beforeAll(async () => {
  tls = issueCertificate(cluster);
  made = await issueWebCertificate(tls, namesOf(cluster), now);
});

test("what is made is good for browsers that know the cluster's authority, under all its names and addresses", () => {
  const doors = { names: namesOf(cluster).slice(0, 1), addresses: ["192.0.2.100"] };
  expect(faultsOf(made, doors, [new X509Certificate(tls.ca)], now)).toEqual([]);
  const one = new X509Certificate(made.certificate);
  expect(one.subjectAltName).toBe(
    "DNS:tel.example.org, IP Address:192.0.2.100, IP Address:192.0.2.11, IP Address:192.0.2.12",
  );
  expect(one.ca).toBe(false);
  expect(Math.round((one.validToDate.getTime() - now.getTime()) / 86_400_000)).toBe(lifeDays);
});

test("it is made anew when two thirds of its life are over, for other names, and by another authority", () => {
  const why = (days: number, of = cluster, ca = tls.ca) => whyGenerate(made, of, ca, later(days));
  expect(whyGenerate(undefined, cluster, tls.ca, later(0))).toBe("there is none");
  expect(why(0)).toBeUndefined();
  expect(why(264)).toBeUndefined();
  expect(why(265)).toBe("most of its life is over");
  expect(new Date(renewalOf(new X509Certificate(made.certificate))).toISOString().slice(0, 10)).toBe(
    "2027-03-23",
  );
  expect(why(0, of({ names: ["tel.example.org", "phone.example.org"] }))).toBe(
    "it is not for phone.example.org",
  );
  expect(why(0, cluster, issueCertificate(cluster).ca)).toBe("the cluster has another authority");
});

test("what somebody gave is used before what an authority gave, and that only where cluster.yaml says so", () => {
  const rows = [{ kind: "generated" }, { kind: "acme" }, { kind: "given" }] as const;
  const acme = of({ names: ["tel.example.org"], acme: { terms_agreed: true } });
  expect(usedOf(rows, acme)?.kind).toBe("given");
  expect(usedOf(rows.slice(0, 2), acme)?.kind).toBe("acme");
  expect(usedOf(rows.slice(0, 2), cluster)?.kind).toBe("generated");
  expect(usedOf([], cluster)).toBeUndefined();
});
