import { expect, test } from "vitest";
import { hostOf, smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { tcpLimitRules } from "./tcp-limit.ts";

const rules = (sip: object) => tcpLimitRules(hostOf(clusterSchema.parse({ ...smallCluster, sip }), "a"));

test("a limit of TCP connections for each source: only where it is wanted, and none is left behind", () => {
  expect(rules({})).toBe("add table inet dialtone_sip\ndelete table inet dialtone_sip\n");
  const some = rules({ tcp_per_source: 64, port: 5070 });
  expect(some).toContain("delete table inet dialtone_sip\ntable inet dialtone_sip {");
  expect(some).toContain("tcp dport 5070 ct state new add @sources6 { ip6 saddr ct count over 64 }");
});
