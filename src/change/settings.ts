import type { Cluster } from "../cluster/schema.ts";

/** What differs between two descriptions of a cluster, and what of it can be changed while calls go on. Pure. */

export interface SettingChange {
  /** e.g. vrrp.advert_ms */
  path: string;
  /** As JSON; undefined: not there. */
  from: string | undefined;
  to: string | undefined;
}

/** All values of a document by their paths; lists count as one value. */
export function flatten(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return value === undefined ? new Map() : new Map([[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...flatten(inner, path === "" ? key : `${path}.${key}`),
    ]),
  );
}

/** In the order of their paths. */
export function settingChanges(before: Cluster, after: Cluster): SettingChange[] {
  const [one, other] = [flatten(before), flatten(after)];
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => {
    const [from, to] = [one.get(path), other.get(path)];
    return from === to ? [] : [{ path, from, to }];
  });
}

/** The settings that all hosts must change at one moment, or never. */
const fixed: [path: RegExp, why: string][] = [
  [
    /^cluster$/,
    "the database of the cluster is known by this name; make a new cluster and move the data with an export",
  ],
  [
    /^hosts\./,
    "who belongs to the cluster, and where, can not change while it runs: 'dialtone down' on all hosts, copy the file to each, new certificates with 'dialtone init', 'dialtone up'",
  ],
  [
    /^service\./,
    "callers, telephones and carriers use this address, and calls in progress name it: 'dialtone down' on all hosts, write the file, 'dialtone certificate', copy it and the secrets to each, 'dialtone up'",
  ],
  [
    /^sip\.realm$/,
    "all passwords of telephones are made with it and would become invalid: give all users new passwords with the change, when the cluster is down",
  ],
  [
    /^(sip|api|agent)\.port$/,
    "hosts with the old and the new port would not find each other: 'dialtone down' on all hosts, copy the file to each, 'dialtone up'",
  ],
  [
    /^vrrp\.id$/,
    "two nodes with different numbers do not know of each other and would both hold the service address: 'dialtone down' on all hosts, copy the file to each, 'dialtone up'",
  ],
  [
    /^galera\.profile$/,
    "all members of the database must have the same timing: 'dialtone down' on all hosts, copy the file to each, 'dialtone up'",
  ],
  [
    /^database\.replication$/,
    "the two kinds keep their data differently: make a new cluster and move the data with an export",
  ],
  [
    /^policy$/,
    "nodes of two policies would not agree on who runs what: 'dialtone down' on all hosts, copy the file to each, 'dialtone up'",
  ],
];

/** Changes that are refused in a running cluster, one line each. */
export const refusedChanges = (changes: SettingChange[]): string[] =>
  changes.flatMap(({ path, from, to }) => {
    const rule = fixed.find(([pattern]) => pattern.test(path));
    return rule ? [`${path} (${from ?? "not set"} → ${to ?? "not set"}): ${rule[1]}`] : [];
  });
