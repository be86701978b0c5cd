import type { paths } from "../../api/schema.ts";

type Answered<Route> = Route extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type Me = Answered<paths["/v1/me"]>;
export type OwnCall = Answered<paths["/v1/me/calls"]>["calls"][number];
export type Contact = Answered<paths["/v1/me/contacts"]>["contacts"][number];
export type Dial = Answered<paths["/v1/me/dials/{id}"]>;
