import type { Decision, Question } from "../call/contract.ts";
import type { CarrierFacts } from "../call/line.ts";
import type { Carrier } from "../carriers/carrier-schema.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import type { Place } from "./answer.ts";
import { actionsOf } from "./dialplan.ts";
import { domainElement, gateways, gatewayUser, userElement } from "./directory.ts";
import { documentOf, type Element, element, nameText, sectionOf, uriText } from "./xml.ts";

/**
 * What a FreeSWITCH host answers by itself when no app can be asked: a file, which it looks into as its last binding. Users as they are; for each
 * user's name and each assigned number the decision that everybody would get (`remember.scope: anyone`); for all else the fallback
 * of cluster.yaml, or 503.
 */

interface Data {
  users: { values(): Iterable<UserEntry> };
  numbers: { keys(): Iterable<string> };
  carriers: { values(): Iterable<Carrier> };
}

/** FreeSWITCH reads the whole file for each call: no more than so many numbers and users stand in it. */
const maxEntries = 5000;

const literal = (number: string): string => `^${number.replace(/[^A-Za-z0-9_]/g, "\\$&")}$`;

const extension = (number: string, actions: readonly Element[]): Element =>
  element("extension", { name: nameText(number) }, [
    element("condition", { field: "destination_number", expression: literal(number) }, actions),
  ]);

const asked = (number: string, domain: string): Question => ({
  v: 1,
  call_id: "snapshot",
  from: { user: "", domain },
  to: { user: number, domain },
  request_uri: `sip:${number}@${domain}`,
  number,
  source: { address: "192.0.2.1", port: 5060 },
  transport: "udp",
});

/** Where calls go that nobody can decide. */
function otherwise(fallback: string | undefined): Element {
  const actions = fallback
    ? [
        element("action", { application: "set", data: "hangup_after_bridge=true" }),
        element("action", { application: "bridge", data: `sofia/dialtone/${uriText(fallback)}` }),
      ]
    : [element("action", { application: "respond", data: "503 Service Unavailable" })];
  return element("extension", { name: "otherwise" }, [element("condition", {}, actions)]);
}

/** A number that may stand in a dialplan's expression. */
const isPlain = (number: string): boolean => /^[A-Za-z0-9+*#_.~-]{1,64}$/.test(number);

/** Pure. @param secret what carriers' passwords are sealed with @throws Error when one was sealed with another */
export function snapshotOf(
  { users, numbers, carriers }: Data,
  decide: (question: Question) => Decision,
  place: Place,
  facts: CarrierFacts,
  fallback: string | undefined,
  secret: string,
): Element {
  const known = [...users.values()].filter(({ enabled }) => enabled).slice(0, maxEntries);
  const dialled = new Set([...known.map(({ name }) => name), ...numbers.keys()]);
  const near = { context: "global", profile: "dialtone", domain: place.domain, users: place.users, pass: 1 };
  const extensions = [...dialled]
    .filter(isPlain)
    .slice(0, maxEntries)
    .flatMap((number) => {
      const decision = decide(asked(number, place.domain));
      return decision.remember?.scope === "anyone" && decision.action === "route"
        ? [extension(number, actionsOf(decision, near, facts))]
        : [];
    });
  const all = [...carriers.values()].flatMap((carrier) => gateways(carrier, secret));
  return documentOf(
    // FreeSWITCH takes this context for a call whose own is not there (mod_dialplan_xml.c).
    sectionOf("dialplan", [element("context", { name: "global" }, [...extensions, otherwise(fallback)])]),
    sectionOf("directory", [
      domainElement(place.domain, [
        ...known.map(userElement),
        ...(all.length === 0 ? [] : [gatewayUser(all)]),
      ]),
    ]),
  );
}

/** Until the first one is fetched: nobody may register, and calls go to the fallback. Pure. */
export const emptySnapshot = (place: Place, fallback: string | undefined): Element =>
  documentOf(
    sectionOf("dialplan", [element("context", { name: "global" }, [otherwise(fallback)])]),
    sectionOf("directory", [domainElement(place.domain, [])]),
  );
