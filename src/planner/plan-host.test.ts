import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { expect, test } from "vitest";
import { smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { catalogue, type Problem } from "../http/problems.ts";
import { planRoutes } from "./plan-host.ts";

const drill = {
  drill: "host-death",
  runs: [
    {
      at: "2026-11-20T02:00:00.000Z",
      figures: { d: 190, f: 40, z: 310, lost: 2, redialsFailed: 0 },
      ledger: { missing: [], doubled: [], wrong: [], stray: [] },
    },
  ],
};

test("the usual plan is worked out in a process of its own, with what drills showed; a fault names its line", async () => {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, _request, reply) => {
    const { code, errors } = error as Problem;
    return reply.code(catalogue[code]?.status ?? 500).send({ errors: errors ?? String(error) });
  });
  await app.register(
    planRoutes(clusterSchema.parse(smallCluster), async () => [drill, { kind: "of another shape" }]),
  );
  const { plan } = (await app.inject("/v1/plan/usual")).json<{ plan: string }>();
  const ask = (payload: object) => app.inject({ method: "POST", url: "/v1/plan", payload });
  const answer = (await ask({ plan, years: 1000, equipment: "telephones-server" })).json();
  expect(answer).not.toHaveProperty("errors");
  expect(answer.services[0].availability).toBeGreaterThan(0.9);
  expect(answer.evidence).toMatchObject({ cluster: "test", drills: 1 });
  const refused = await ask({ plan: "plan: 1\ncompany: 7", years: 1000 });
  expect(refused.statusCode).toBe(400);
  expect(refused.json().errors).toContainEqual({
    path: "/plan",
    message: expect.stringContaining("plan:2"),
  });
  await app.close();
});
