import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { secret, someSecrets } from "../../../test/support/host.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { metricsToken } from "../../cluster/secrets.ts";
import { agentAccess } from "../../http/access.ts";
import type { AgentControl } from "./control.ts";
import { metricsDoor } from "./metrics-server.ts";
import { localDoor, peerDoor } from "./server.ts";

const context: Pick<HostContext, "secrets"> = {
  secrets: { ...someSecrets, api_token: `api-${secret}`, peer_token: `peer-${secret}` },
};
const { api_token, peer_token } = context.secrets;

/** Whoever gets past the door finds this. */
const control = {
  report: () => ({ host: "a" }),
  events: () => [],
  registrations: () => undefined,
  watch: { own: () => ({}) },
  maintenance: { drift: { configuration: () => ({}) } },
} as unknown as AgentControl;

const keys = Object.keys(agentAccess);
const routesOf = (server: FastifyInstance) =>
  keys.filter((key) => {
    const [method = "", url = ""] = key.split(" ");
    return server.hasRoute({ method: method as "GET", url });
  });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("the agent's doors", () => {
  // A route without an entry in access.ts is refused when the door is made.
  test("the unix socket has all routes of the list, HTTPS those for peers", () => {
    expect(routesOf(localDoor(control))).toEqual(keys);
    const forPeers = Object.entries(agentAccess).filter(([, who]) => who.includes("peer"));
    expect(routesOf(peerDoor(context, control))).toEqual(forPeers.map(([key]) => key));
  });

  test("the unix socket wants no token", async () => {
    expect((await localDoor(control).inject("/status")).json()).toEqual({ host: "a" });
  });

  test.each([
    [undefined, 401],
    ["wrong", 401],
    [api_token, 401],
    [metricsToken(context.secrets), 401],
    [peer_token, 200],
  ])("HTTPS with %s: %i", async (token, status) => {
    const server = peerDoor(context, control);
    for (const url of ["/status", "/events", "/timeline/own", "/configuration"]) {
      const answer = await server.inject({ url, headers: token === undefined ? {} : bearer(token) });
      expect(answer.statusCode).toBe(status);
    }
    const stop = await server.inject({ method: "POST", url: "/stop", headers: bearer(peer_token) });
    expect(stop.statusCode).toBe(404);
  });

  test("figures come with their own token only, a refusal says how to get it", async () => {
    const server = metricsDoor(context, async () => "x 1\n");
    const ask = (token: string) => server.inject({ url: "/metrics", headers: bearer(token) });
    expect((await ask(metricsToken(context.secrets))).body).toBe("x 1\n");
    for (const token of ["wrong", api_token, peer_token]) {
      const answer = await ask(token);
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({
        code: "unauthorized",
        detail: expect.stringContaining("dialtone metrics token"),
      });
    }
  });
});
