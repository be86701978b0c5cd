/** Who may ask which route of which server: the one list. A route that is not in it does not come into being (auth.ts). */

/** By which token or login, or by the unix socket, whose file says who may open it. */
export type Who = "api" | "peer" | "metrics" | "freeswitch" | "socket";

/** `METHOD /path` as the route is written; HEAD goes with GET. `open`: anybody. */
export type Access = Record<string, "open" | readonly Who[]>;

/** People and programs with the API's token, and whoever has rights on the host. */
const people = ["api", "socket"] as const;

/** What everybody who keeps a kind of thing may do with it (entities/api.ts). */
const entity = (path: string, key: string): Access =>
  Object.fromEntries(
    [
      `GET /v1/${path}`,
      `POST /v1/${path}`,
      ...["GET", "PUT", "DELETE"].map((m) => `${m} /v1/${path}/:${key}`),
    ].map((route) => [route, people]),
  );

/** The app: `DATA/run/app.sock` and HTTPS, `api.port`. */
export const appAccess: Access = {
  // The console's files; what it shows comes by the API.
  "GET /": "open",
  "GET /console/*": "open",
  "GET /docs/*": "open",
  "GET /openapi.json": "open",
  "GET /problems": "open",
  "GET /metrics": people,

  "POST /v1/calls/decide": people,
  "POST /v1/calls/events": people,
  "GET /v1/health": people,
  ...entity("users", "name"),
  ...entity("groups", "name"),
  ...entity("codes", "name"),
  ...entity("desks", "name"),
  ...entity("numbers", "number"),
  ...entity("sites", "name"),
  ...entity("ranges", "name"),
  ...entity("calendars", "name"),
  ...entity("flags", "name"),
  ...entity("tables", "name"),
  ...entity("routes", "name"),
  ...entity("carriers", "name"),
  ...entity("farms", "name"),
  ...entity("guards", "name"),
  ...entity("scripts", "name"),
  "GET /v1/scripts/:name/log": people,
  ...entity("prices", "name"),
  "POST /v1/prices/:name/import": people,
  "GET /v1/prices/lookup": people,
  ...entity("currencies", "name"),
  "GET /v1/rules/simulate": people,
  "GET /v1/rules": people,
  "GET /v1/rules/documents": people,
  "GET /v1/rules/validate": people,
  "POST /v1/rules/replay": people,
  "GET /v1/versions": people,
  "GET /v1/versions/:version": people,
  "GET /v1/versions/:version/diff": people,
  "POST /v1/versions/:version/roll-back": people,
  "GET /v1/drafts": people,
  "POST /v1/drafts": people,
  "GET /v1/drafts/:name": people,
  "DELETE /v1/drafts/:name": people,
  "POST /v1/drafts/:name/changes": people,
  "GET /v1/drafts/:name/validate": people,
  "POST /v1/drafts/:name/publish": people,
  "GET /v1/question-key": people,
  ...entity("webhooks", "name"),
  "GET /v1/webhooks/:name/deliveries": people,
  "POST /v1/webhooks/:name/test": people,
  "POST /v1/dials": people,
  "GET /v1/dials": people,
  "GET /v1/dials/:id": people,
  "DELETE /v1/dials/:id": people,
  "GET /v1/calls": people,
  "GET /v1/call-events": people,
  "GET /v1/records": people,
  "GET /v1/records/check": people,
  "GET /v1/records/:id": people,
  "POST /v1/moves": people,
  "GET /v1/probe": people,
  "POST /v1/drills": people,
  "GET /v1/drills": people,
  "GET /v1/drills/last": people,
  "GET /v1/drills/:id": people,

  // FreeSWITCH hosts, each with a login of its own (host-logins.ts): what they are told has users' digests and carriers' passwords.
  "POST /freeswitch/xml": ["freeswitch"],
  "POST /freeswitch/cdr": ["freeswitch"],
  "GET /freeswitch/snapshot": ["freeswitch"],

  "GET /v1/recordings": people,
  "GET /v1/recordings/:id": people,
  "DELETE /v1/recordings/:id": people,
  "POST /v1/recordings/:id/start": people,
  "POST /v1/recordings/:id/stop": people,
  // A node that is asked for audio that it does not have fetches it from one that has.
  "GET /v1/recordings/:id/audio": [...people, "peer"],
  "GET /v1/peer/calls": ["peer"],
  "GET /v1/peer/captures": ["peer"],
  "GET /v1/peer/captures/file": ["peer"],
  "GET /v1/peer/recordings/:id/:name": ["peer"],
  "POST /v1/peer/recordings/fetch": ["peer"],
  "POST /v1/peer/recordings/remove": ["peer"],
  "POST /v1/peer/recordings/relay": ["peer"],
};

/** The agent: `DATA/run/agent.sock`, and HTTPS, `agent.port`, where the other hosts read. */
export const agentAccess: Access = {
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

/** Where a Prometheus reads: HTTPS, `metrics.port`. */
export const metricsAccess: Access = { "GET /metrics": ["metrics"] };
