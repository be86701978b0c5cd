import type { paths } from "../../api/schema.ts";

type Answered<Route> = Route extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type User = Answered<paths["/v1/users/{name}"]>;
export type Features = NonNullable<User["features"]>;
export type Forward = Features["forward"][number];
export type When = Forward["when"];
export type Group = Answered<paths["/v1/groups/{name}"]>;
export type Strategy = Group["strategy"];
export type Code = Answered<paths["/v1/codes"]>["codes"][number];

export const whens = ["always", "busy", "no-answer", "unreachable"] as const satisfies readonly When[];

/** What a user has that has set nothing. */
export const noFeatures: Features = {
  forward: [],
  dnd: false,
  also_ring: [],
  anonymous: "accept",
  callers: { never: [] },
  phones: "all",
  pickup: [],
  hide_caller: false,
  max_calls: {},
  may_call: { never: [] },
};
