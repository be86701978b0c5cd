import type { Decision } from "../call/contract.ts";
import type { CarrierFacts } from "../call/line.ts";
import type { Carrier } from "../carriers/carrier-schema.ts";
import { allHosts, type HostContext, serviceIp } from "../cluster/facts.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { Problem } from "../http/problems.ts";
import { dialplanOf, inCircles, maxPasses } from "./dialplan.ts";
import { directorySection, directoryUser, gateways, gatewayUser, userElement } from "./directory.ts";
import type { Surroundings } from "./legs.ts";
import { contextOf, type Form, passOf, profileOf } from "./question.ts";
import { type Element, element, sectionOf } from "./xml.ts";

/** What a FreeSWITCH host is told of this cluster; always the same. */
export interface Place {
  /** Of users and digests. */
  domain: string;
  /** Other names and addresses of the same. */
  domains: ReadonlySet<string>;
  users: Surroundings["users"];
  /** Whose calls are taken without a digest: the nodes' and edges'. */
  friends: readonly string[];
}

export function placeOf({ cluster }: Pick<HostContext, "cluster">): Place {
  const { realm, names, port } = cluster.sip;
  const service = serviceIp(cluster);
  const hosts = allHosts(cluster).filter(({ role }) => role !== "witness");
  return {
    domain: realm,
    domains: new Set([realm, service, ...names].map((name) => name.toLowerCase())),
    users: cluster.freeswitch.registrar === "freeswitch" ? "freeswitch" : { address: `${service}:${port}` },
    friends: [service, ...hosts.map(({ address }) => address)],
  };
}

/** The decision about a call that came by this form, as FreeSWITCH's dialplan. Pure. */
export const dialplanAnswer = (
  form: Form,
  decision: Decision,
  { domain, users }: Place,
  carriers: CarrierFacts,
): Element =>
  dialplanOf(
    passOf(form) > maxPasses ? inCircles(decision.rules_version) : decision,
    { context: contextOf(form), profile: profileOf(form), domain, users, pass: passOf(form) },
    carriers,
  );

/** What the directory is made from. */
export interface Known {
  users: { get(name: string): UserEntry | undefined };
  carriers: { values(): Iterable<Carrier> };
}

/**
 * The section `directory`, whatever of it was asked for: a user by its id (registration, calls), or all gateways. A domain or user that there
 * is not: the section without it, which is FreeSWITCH's answer to the telephone too, and no reason to ask elsewhere.
 * @param secret what carriers' passwords are sealed with @throws Error when one was sealed with another
 */
export function directoryAnswer(
  form: Form,
  { users, carriers }: Known,
  place: Place,
  secret: string,
): Element {
  const asked = form.get("key_value") || form.get("domain") || place.domain;
  if (!place.domains.has(asked.toLowerCase())) return sectionOf("directory", []);
  if (form.get("purpose") === "gateways") {
    const all = [...carriers.values()].flatMap((carrier) => gateways(carrier, secret));
    return directorySection(asked, all.length === 0 ? [] : [gatewayUser(all)]);
  }
  const found = directoryUser(users, form.get("user") ?? "");
  return directorySection(asked, found ? [userElement(found)] : []);
}

/** Access list `dialtone`: the cluster's own addresses. */
export const accessLists = (friends: readonly string[]): Element =>
  element("configuration", { name: "acl.conf" }, [
    element("network-lists", {}, [
      element(
        "list",
        { name: "dialtone", default: "deny" },
        friends.map((address) => element("node", { type: "allow", cidr: `${address}/32` })),
      ),
    ]),
  ]);

/**
 * The section `configuration`: what follows from cluster.yaml and changes with it. All else lies in files on the FreeSWITCH host, which it
 * takes when this is no answer. @throws Problem `not-found`
 */
export function configurationAnswer(form: Form, { friends }: Place): Element {
  const wanted = form.get("key_value") ?? "";
  if (wanted !== "acl.conf") throw new Problem("not-found", `the configuration ${wanted} is not kept here`);
  return sectionOf("configuration", [accessLists(friends)]);
}
