import { createHmac } from "node:crypto";
import { type HostContext, nodes } from "../cluster/facts.ts";
import type { Secrets } from "../cluster/secrets.ts";
import { ha1 } from "../sip/digest.ts";
import type { Decision, Question } from "./contract.ts";
import { rememberFor } from "./remember.ts";

/**
 * Who makes the calls of the functional test: a user for each node, that no directory lists. Users of people can not
 * have such a name (it begins with "_").
 */
export const probeUser = (node: string): string => `_probe-${node}`;

/** The same on every host, from the cluster's secrets. */
export const probePassword = (secrets: Secrets, node: string): string =>
  createHmac("sha256", secrets.nonce_secret).update(`functional test of ${node}`).digest("base64url");

export type ProbeCredentials = ReturnType<typeof ha1>;

export const probeCredentials = ({ cluster, secrets }: HostContext): Map<string, ProbeCredentials> =>
  new Map(
    nodes(cluster).map(({ name }) => [
      probeUser(name),
      ha1(probeUser(name), cluster.sip.realm, probePassword(secrets, name)),
    ]),
  );

/**
 * A test user that calls itself reaches its registered contact, directly. Undefined: no call of the functional test, or
 * no rules are known here (then it shall fail as all calls do). Pure. @param now Unix time in milliseconds
 */
export function decideProbe(
  probes: ReadonlyMap<string, unknown>,
  { number, user }: Question,
  rules: { version: number; source: "empty" | "disk" | "database" },
  now: number,
): Decision | undefined {
  if (user !== number || !probes.has(number) || rules.source === "empty") return undefined;
  return {
    v: 1,
    action: "route",
    strategy: "serial",
    record: false,
    media: "direct",
    targets: [{ type: "user", user: number, timeout_ms: 2000 }],
    rule: "functional test",
    rules_version: rules.version,
    remember: rememberFor("user", now),
  };
}
