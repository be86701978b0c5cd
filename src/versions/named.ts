import type { registry } from "../routing/registry.ts";

/** What documents name of other kinds, and where. All pure. */

export interface Reference {
  /** Within the document, as a JSON pointer. */
  field: string;
  to: keyof typeof registry;
  name: string;
  /** It need not exist. */
  soft?: true;
}

type Loose = Record<string, unknown>;

const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null;
const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Names with placeholders are known only when a call is decided. */
const reference = (to: Reference["to"], field: string, name: unknown): Reference[] =>
  typeof name === "string" && name !== "" && !name.includes("{") ? [{ field, to, name }] : [];

function ofTarget(target: unknown, field: string): Reference[] {
  if (!isObject(target)) return [];
  const { type } = target;
  if (type === "user") return reference("users", `${field}/user`, target.user);
  if (type === "farm") return reference("farms", `${field}/farm`, target.farm);
  if (type === "carrier") return reference("carriers", `${field}/carrier`, target.carrier);
  if (type !== "carriers") return [];
  return listIn(target.among).flatMap((name, at) => reference("carriers", `${field}/among/${at}`, name));
}

/** `{table:NAME}` in targets and headers is checked with the table that the rule looks up. */
function ofMatch(match: unknown): Reference[] {
  if (!isObject(match)) return [];
  const at = (to: Reference["to"], member: string) => reference(to, `/match/${member}`, match[member]);
  const flags = isObject(match.flags) ? Object.keys(match.flags) : [];
  return [
    ...["user", "registered", "unregistered"].flatMap((member) => at("users", member)),
    ...at("carriers", "carrier"),
    ...at("groups", "group"),
    ...at("ranges", "range"),
    ...at("sites", "site"),
    ...["open", "closed", "holiday"].flatMap((member) => at("calendars", member)),
    ...(isObject(match.table) ? reference("tables", "/match/table/name", match.table.name) : []),
    ...flags.map((name) => ({ to: "flags", field: `/match/flags/${name}`, name, soft: true }) as const),
  ];
}

const namesIn = /\{table:([A-Za-z0-9_-]+)/g;

function ofRule({ match, action }: Loose): Reference[] {
  const found = ofMatch(match);
  if (!isObject(action)) return found;
  if (action.type === "script") found.push(...reference("scripts", "/action/script", action.script));
  for (const member of ["targets", "to"])
    listIn(action[member]).forEach((target, at) => {
      found.push(...ofTarget(target, `/action/${member}/${at}`));
      for (const [, name] of JSON.stringify(target).matchAll(namesIn))
        found.push(...reference("tables", `/action/${member}/${at}`, name));
    });
  return found;
}

function ofUser({ site, features }: Loose): Reference[] {
  const forwards = isObject(features) ? listIn(features.forward) : [];
  return [
    ...reference("sites", "/site", site),
    ...forwards.flatMap((forward, at) =>
      isObject(forward)
        ? ["open", "closed"].flatMap((member) =>
            reference("calendars", `/features/forward/${at}/${member}`, forward[member]),
          )
        : [],
    ),
  ];
}

/** Everything that a document of this kind names. */
export function fieldsOf(part: string, document: unknown): Reference[] {
  if (!isObject(document)) return [];
  switch (part) {
    case "rules":
      return ofRule(document);
    case "users":
      return ofUser(document);
    case "groups":
      return listIn(document.members).flatMap((member, at) =>
        isObject(member) ? reference("users", `/members/${at}/user`, member.user) : [],
      );
    case "desks":
      return [...reference("users", "/name", document.name), ...reference("users", "/user", document.user)];
    case "numbers":
      return reference("users", "/user", document.user);
    case "ranges":
      return [
        ...reference("users", "/user", document.user),
        ...reference("groups", "/group", document.group),
      ];
    default:
      return [];
  }
}
