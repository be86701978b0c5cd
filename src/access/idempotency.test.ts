import Fastify from "fastify";
import { expect, test } from "vitest";
import { DatabaseUnavailable } from "../db/errors.ts";
import type { Access } from "../http/access.ts";
import { operationOf } from "../http/operation.ts";
import { Answers } from "./answers.ts";
import { rememberAnswers } from "./idempotency.ts";

const list: Access = {
  "POST /v1/orders": { who: ["api"], role: "operator", once: "by-id" },
  "POST /v1/users": { who: ["api"], role: "operator" },
};

class NoDatabase extends Answers {
  override async claim(): Promise<never> {
    throw new DatabaseUnavailable("no quorum");
  }
}

test("without a database only what bears the request's id is done, under the same id each time", async () => {
  const server = Fastify();
  const made: (string | undefined)[] = [];
  // Never asked: each claim is refused before.
  rememberAnswers(server, list, {
    answers: Reflect.construct(NoDatabase, [undefined, "secret"]),
    events: { answerNotKept: () => undefined },
  });
  for (const url of ["/v1/orders", "/v1/users"])
    server.post(url, async (request) => {
      made.push(operationOf(request)?.id.toString("hex"));
      return {};
    });
  const post = (url: string, key: string) =>
    server.inject({ method: "POST", url, headers: { "idempotency-key": key }, payload: { a: 1 } });
  for (const key of ["one", "one", "two"]) expect((await post("/v1/orders", key)).statusCode).toBe(200);
  expect(made[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(made[1]).toBe(made[0]);
  expect(made[2]).not.toBe(made[0]);
  expect((await post("/v1/users", "one")).statusCode).not.toBe(200);
  expect(made).toHaveLength(3);
});
