/** Who may ask which route of which server: the one list. A route that is not in it does not come into being (auth.ts). */

/** By which token or login, or by the unix socket, whose file says who may open it. */
export type Who = "api" | "peer" | "metrics" | "freeswitch" | "socket" | "app";

/** What people may do, each everything that those before it may. docs/access.md */
export const roles = ["user", "auditor", "operator", "administrator"] as const;
export type Role = (typeof roles)[number];

/** Those of `who` may ask, and people who are logged in and have at least this role. */
export interface ForPeople {
  who: readonly Who[];
  role: Role;
  /**
   * What somebody who may see only a part of everything gets of it: `own`, it is about who asks and nobody else; `narrowed`, the route
   * shows and changes what is in that part only (scope.ts, narrowingOf). Missing: such a person may not ask.
   */
  scope?: "own" | "narrowed";
  /** Also for whose role needs a second factor and has none yet: it can set one up, and nothing else. */
  enrol?: true;
  /** A person has to prove again who it is, unless it did within the last minutes. */
  fresh?: true;
  /**
   * What this POST makes bears the request's id, so that it is made once even while no database can keep its key
   * (access/idempotency.ts). Missing: with a key it waits for the database.
   */
  once?: "by-id";
  /** `false`: a POST that changes nothing, and is not recorded (access/audit.ts). */
  changes?: false;
  /** `false`: by a login only, not by a token: what a token opens ends with it. */
  tokens?: false;
}

export type Rule = "open" | readonly Who[] | ForPeople;

/** Does whoever asks change something, on record (access/audit.ts)? Programs of the service itself tell what they have an id for. */
export const isChange = (rule: Rule): rule is ForPeople =>
  typeof rule === "object" && "role" in rule && rule.changes !== false;

/** `METHOD /path` as the route is written; HEAD goes with GET. `open`: anybody. */
export type Access = Record<string, Rule>;

/** People with at least this role, programs with the API's token, and whoever has rights on the host. */
const from = (role: Role): ForPeople => ({ who: ["api", "socket"], role });
const auditor = from("auditor");
const operator = from("operator");
const administrator = from("administrator");

/** Of a part of the service only, for those who may see no more. */
const narrowed = (rule: ForPeople): ForPeople => ({ ...rule, scope: "narrowed" });

/** What only somebody who is logged in can ask: it is about that login. */
const loggedIn: ForPeople = { who: [], role: "user", scope: "own", tokens: false };
/** What keeps this login, and its second factors. */
const ownLogin: ForPeople = { ...loggedIn, enrol: true };

/** It is about the telephone of whoever asks. */
const ownTelephone: ForPeople = { who: [], role: "user", scope: "own" };

/** Who may log in is changed by people and on hosts. */
const byLogin = (rule: ForPeople): ForPeople => ({ ...rule, tokens: false });
/** The same, by people who have proven of late who they are. */
const byProof = (rule: ForPeople): ForPeople => ({ ...byLogin(rule), fresh: true });

/** Programs of the service itself, and customers' own: no person asks this. */
const programs = ["api", "socket"] as const;

/** What everybody who keeps a kind of thing may do with it (entities/api.ts). @param parts what also those who see a part only */
const entity = (
  path: string,
  key: string,
  parts: readonly ("GET" | "POST" | "PUT" | "DELETE")[] = [],
): Access => {
  const rule = (method: (typeof parts)[number]): ForPeople => {
    const all = method === "GET" ? auditor : operator;
    return parts.includes(method) ? narrowed(all) : all;
  };
  return {
    [`GET /v1/${path}`]: rule("GET"),
    [`POST /v1/${path}`]: rule("POST"),
    [`GET /v1/${path}/:${key}`]: rule("GET"),
    [`PUT /v1/${path}/:${key}`]: rule("PUT"),
    [`DELETE /v1/${path}/:${key}`]: rule("DELETE"),
  };
};

/** The app: `DATA/run/app.sock` and HTTPS, `api.port`. */
export const appAccess: Access = {
  // The console's files; what it shows comes by the API.
  "GET /": "open",
  "GET /console/*": "open",
  "GET /docs/*": "open",
  "GET /openapi.json": "open",
  "GET /problems": "open",
  "GET /metrics": auditor,

  // Who is logged in (src/access/): logging in is for anybody.
  "POST /v1/session": "open",
  "GET /v1/session/ways": "open",
  "POST /v1/session/first": "open",
  "GET /v1/session/first": programs,
  "GET /v1/session": ownLogin,
  "DELETE /v1/session": ownLogin,
  "POST /v1/session/proof": { ...ownLogin, changes: false },
  "GET /v1/session/factors": ownLogin,
  "POST /v1/session/factors/totp": { ...ownLogin, fresh: true, changes: false },
  "PUT /v1/session/factors/totp": { ...ownLogin, fresh: true },
  "DELETE /v1/session/factors/totp": { ...loggedIn, fresh: true },
  "POST /v1/session/factors/recovery": { ...loggedIn, fresh: true },
  "POST /v1/session/passkey/options": "open",
  "POST /v1/session/passkey": "open",
  "POST /v1/session/proof/passkey": { ...ownLogin, changes: false },
  "POST /v1/session/factors/passkeys/options": { ...ownLogin, fresh: true, changes: false },
  "POST /v1/session/factors/passkeys": { ...ownLogin, fresh: true },
  "PUT /v1/session/factors/passkeys/:id": loggedIn,
  "DELETE /v1/session/factors/passkeys/:id": { ...loggedIn, fresh: true },
  "POST /v1/session/provider/begin": "open",
  "POST /v1/session/provider": "open",
  "POST /v1/session/provider/code": "open",
  "POST /v1/session/proof/provider": { ...ownLogin, changes: false },
  "GET /v1/session/logins": loggedIn,
  "DELETE /v1/session/logins": loggedIn,
  "DELETE /v1/session/logins/:id": loggedIn,
  "GET /v1/people": auditor,
  "POST /v1/people": byProof(administrator),
  "GET /v1/people/:name": auditor,
  "PUT /v1/people/:name": byProof(administrator),
  "DELETE /v1/people/:name": byProof(administrator),
  "DELETE /v1/people/:name/factors": byProof(administrator),
  "GET /v1/people/:name/identities": auditor,
  "POST /v1/people/:name/identities": byProof(administrator),
  "DELETE /v1/people/:name/identities/:id": byProof(administrator),
  "GET /v1/identity-providers": auditor,
  "POST /v1/identity-providers": byProof(administrator),
  "GET /v1/identity-providers/:name": auditor,
  "PUT /v1/identity-providers/:name": byProof(administrator),
  "DELETE /v1/identity-providers/:name": byProof(administrator),
  // It asks another host, and changes nothing.
  "POST /v1/identity-providers/:name/check": { ...byLogin(administrator), changes: false },
  // One's own; somebody else's: as an administrator (access/api.ts).
  "PUT /v1/people/:name/password": byLogin({ ...from("user"), scope: "own" }),
  // One's own; all: as an auditor, ended by administrators (access/token-api.ts).
  "GET /v1/tokens": byLogin({ ...from("user"), scope: "own" }),
  "POST /v1/tokens": byProof({ ...from("user"), scope: "own" }),
  "GET /v1/tokens/:name": byLogin({ ...from("user"), scope: "own" }),
  "DELETE /v1/tokens/:name": byLogin({ ...from("user"), scope: "own" }),
  "GET /v1/audit": auditor,
  "GET /v1/audit/export": auditor,

  // One's own telephone (src/me/): whose it is, the login says.
  "GET /v1/me": ownTelephone,
  "GET /v1/me/features": ownTelephone,
  "PUT /v1/me/features": ownTelephone,
  "GET /v1/me/calls": ownTelephone,
  "GET /v1/me/calls/:id/audio": ownTelephone,
  "GET /v1/me/contacts": ownTelephone,
  "POST /v1/me/dials": ownTelephone,
  "GET /v1/me/dials/:id": ownTelephone,
  "DELETE /v1/me/dials/:id": ownTelephone,

  "POST /v1/calls/decide": programs,
  "POST /v1/calls/events": programs,
  "GET /v1/health": auditor,
  ...entity("users", "name", ["GET", "POST", "PUT", "DELETE"]),
  ...entity("groups", "name", ["GET", "PUT"]),
  ...entity("codes", "name"),
  ...entity("desks", "name"),
  ...entity("numbers", "number", ["GET", "POST", "PUT", "DELETE"]),
  ...entity("sites", "name", ["GET"]),
  ...entity("ranges", "name"),
  ...entity("calendars", "name"),
  ...entity("flags", "name"),
  ...entity("tables", "name"),
  ...entity("routes", "name"),
  ...entity("carriers", "name"),
  ...entity("farms", "name"),
  ...entity("guards", "name"),
  ...entity("scripts", "name"),
  "GET /v1/scripts/:name/log": auditor,
  ...entity("prices", "name"),
  "POST /v1/prices/:name/import": operator,
  "GET /v1/prices/lookup": auditor,
  ...entity("currencies", "name"),
  "GET /v1/rules/simulate": auditor,
  "GET /v1/rules": auditor,
  "GET /v1/rules/documents": auditor,
  "GET /v1/rules/validate": auditor,
  "POST /v1/rules/replay": { ...auditor, changes: false },
  "GET /v1/versions": auditor,
  "GET /v1/versions/:version": auditor,
  "GET /v1/versions/:version/diff": auditor,
  "POST /v1/versions/:version/roll-back": operator,
  "GET /v1/drafts": auditor,
  "POST /v1/drafts": operator,
  "GET /v1/drafts/:name": auditor,
  "DELETE /v1/drafts/:name": operator,
  "POST /v1/drafts/:name/changes": operator,
  "GET /v1/drafts/:name/validate": auditor,
  "POST /v1/drafts/:name/publish": operator,
  "GET /v1/question-key": administrator,
  ...entity("webhooks", "name"),
  "GET /v1/webhooks/:name/deliveries": auditor,
  "POST /v1/webhooks/:name/test": operator,
  "POST /v1/dials": operator,
  "GET /v1/dials": auditor,
  "GET /v1/dials/:id": auditor,
  "DELETE /v1/dials/:id": operator,
  // One's own telephone's; an operator may have anybody's (directory/phone-api.ts).
  "GET /v1/phone/credential": { ...from("user"), scope: "own" },
  "GET /v1/calls": narrowed(auditor),
  "GET /v1/call-events": narrowed(auditor),
  "GET /v1/records": narrowed(auditor),
  "GET /v1/records/check": auditor,
  "GET /v1/records/:id": narrowed(auditor),
  "GET /v1/plan/usual": auditor,
  "POST /v1/plan": { ...auditor, changes: false },
  "GET /v1/reports/calls": auditor,
  "POST /v1/moves": programs,
  "GET /v1/probe": programs,
  "POST /v1/drills": programs,
  "GET /v1/drills": auditor,
  "GET /v1/drills/last": auditor,
  "GET /v1/drills/:id": auditor,
  "GET /v1/drills/schedule": auditor,
  "POST /v1/drills/run": operator,
  "GET /v1/cluster": auditor,
  "GET /v1/cluster/events": auditor,
  "GET /v1/orders/foresee": auditor,
  // A cluster whose database has no quorum is one that needs orders.
  "POST /v1/orders": { ...operator, once: "by-id" },
  "GET /v1/timeline": auditor,
  "POST /v1/timeline/notes": operator,
  "GET /v1/alerts": auditor,
  "POST /v1/alerts/test": operator,
  "GET /v1/registrations": narrowed(auditor),
  "GET /v1/certificates": auditor,
  // Whoever has a key that browsers believe can be the service to them.
  "PUT /v1/certificates/given": { ...administrator, fresh: true },
  "DELETE /v1/certificates/given": { ...administrator, fresh: true },
  "POST /v1/certificates/order": administrator,
  // An authority looks whether a name is ours (RFC 8555 8.3).
  "GET /.well-known/acme-challenge/:token": "open",

  // FreeSWITCH hosts, each with a login of its own (host-logins.ts): what they are told has users' digests and carriers' passwords.
  "POST /freeswitch/xml": ["freeswitch"],
  "POST /freeswitch/cdr": ["freeswitch"],
  "GET /freeswitch/snapshot": ["freeswitch"],

  "GET /v1/recordings": narrowed(auditor),
  "GET /v1/recordings/:id": narrowed(auditor),
  "DELETE /v1/recordings/:id": narrowed(operator),
  "POST /v1/recordings/:id/start": narrowed(operator),
  "POST /v1/recordings/:id/stop": narrowed(operator),
  // A node that is asked for audio that it does not have fetches it from one that has.
  "GET /v1/recordings/:id/audio": { ...narrowed(auditor), who: [...auditor.who, "peer"] },
  "GET /v1/peer/calls": ["peer"],
  "GET /v1/peer/captures": ["peer"],
  "GET /v1/peer/captures/file": ["peer"],
  "GET /v1/peer/recordings/:id/:name": ["peer"],
  "POST /v1/peer/recordings/fetch": ["peer"],
  "POST /v1/peer/recordings/remove": ["peer"],
  "POST /v1/peer/recordings/relay": ["peer"],
};

/** The part of the API that a route is of, as tokens name it: `records` of /v1/records/:id. Pure. */
export const areaOf = (url: string): string =>
  url.split("/").find((part) => part !== "" && part !== "v1") ?? "";

/** The parts that a token may be for. */
export const tokenAreas: readonly string[] = [
  ...new Set(
    Object.entries(appAccess)
      .filter(([, rule]) => typeof rule === "object" && "role" in rule && rule.tokens !== false)
      .map(([key]) => areaOf(key.split(" ")[1] ?? "")),
  ),
].sort();

/** The agent: `DATA/run/agent.sock`, and HTTPS, `agent.port`, where the other hosts read. */
export const agentAccess: Record<string, readonly Who[]> = {
  "GET /status": ["socket", "peer"],
  "GET /events": ["socket", "peer"],
  "GET /registrations": ["socket", "peer"],
  "GET /timeline/own": ["socket", "peer"],
  "GET /configuration": ["socket", "peer"],

  "GET /cluster": ["socket"],
  "GET /configurations": ["socket"],
  "GET /timeline": ["socket"],
  "GET /alerts": ["socket"],
  "POST /alerts/test": ["socket"],
  "POST /note": ["socket"],
  "POST /orders": ["socket"],
  "POST /switchover": ["socket"],
  "POST /fencing/confirm": ["socket"],
  "POST /stop": ["socket"],
};

/** The agent, for the app of its host: `DATA/run/agent-app.sock`. It reads, and orders what people at the console may. */
export const agentAppAccess: Access = {
  "GET /cluster": ["app"],
  "GET /timeline": ["app"],
  "GET /alerts": ["app"],
  "POST /alerts/test": ["app"],
  "POST /note": ["app"],
  "POST /orders": ["app"],
  "POST /registrations": ["app"],
};

/** Where a Prometheus reads: HTTPS, `metrics.port`. */
export const metricsAccess: Access = { "GET /metrics": ["metrics"] };
