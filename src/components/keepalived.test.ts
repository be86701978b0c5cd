import { expect, test } from "vitest";
import { hostOf, smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { keepalivedConfig } from "./keepalived.ts";

const config = (service: object) =>
  keepalivedConfig(hostOf(clusterSchema.parse({ ...smallCluster, service }), "a"));

test("an IPv6 address goes with the other one, outside of the adverts (RFC 5798 5.2.9)", () => {
  const { service } = smallCluster;
  expect(config(service)).not.toContain("virtual_ipaddress_excluded");
  expect(config({ ...service, address6: "2001:db8::100/64" })).toContain(
    "    virtual_ipaddress_excluded {\n        2001:db8::100/64 dev eth0\n    }\n    track_file {",
  );
});
