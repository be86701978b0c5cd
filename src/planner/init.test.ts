import { expect, test } from "vitest";
import { type Ask, interview, lossOf, planText, usualReply } from "./init.ts";
import { parsePlan } from "./load.ts";
import { allServices, companyQuestions, serviceQuestions } from "./questions.ts";

test("the usual replies give a valid plan with every service, and comments", async () => {
  const text = planText(await interview(usualReply));
  const plan = parsePlan(text, "plan.yaml");
  expect(Object.keys(plan.services)).toEqual(allServices);
  expect(text.match(/#/g)?.length).toBeGreaterThan(10);
});

test("replies arrive in the plan: currency, a stand-by, a single service, odd texts", async () => {
  const replies: Record<string, string> = {
    company: "Müller: Söhne #1",
    currency: "EUR",
    services: "telephones",
    "telephones.second": "hot/warm-active",
    "telephones.hour": "600 EUR",
    "telephones.minute": "10 EUR",
    "telephones.workaround": 'Say "call back"',
    ups: "0 min",
  };
  const ask: Ask = async ({ id, usual, check }) => {
    const reply = replies[id] ?? usual;
    check?.(reply);
    return reply;
  };
  const plan = parsePlan(planText(await interview(ask)), "plan.yaml");
  expect(plan.company).toBe("Müller: Söhne #1");
  expect(plan.currency).toBe("EUR");
  expect(Object.keys(plan.services)).toEqual(["telephones"]);
  expect(plan.equipment["telephones-server"]).toMatchObject({ units: 2, policy: "hot/warm-active" });
  expect(plan.services.telephones?.loss.per_minute.low).toBeCloseTo(10, 1);
  expect(plan.services.telephones?.needs).toContain("internet");
  expect(plan.services.telephones?.workaround?.what).toBe('Say "call back"');
});

test("an hour and a minute give the loss per minute and per outage", () => {
  expect(lossOf(620, 30)).toEqual({ perMinute: 10, perOutage: 20 });
  expect(lossOf(60, 0)).toEqual({ perMinute: 60 / 59, perOutage: 0 });
});

test("money in another currency than the plan's is refused at the question", async () => {
  const ask: Ask = async ({ id, usual, check }) => {
    const reply = id === "wage" ? "€45" : usual;
    check?.(reply);
    return reply;
  };
  await expect(interview(ask)).rejects.toThrow(/you count in GBP/);
});

test("nobody is asked what downtime is acceptable", () => {
  const texts = [...companyQuestions, ...allServices.flatMap(serviceQuestions)].map(
    (question) => question.text,
  );
  expect(texts).toContain("What does it cost you if nobody can call you for an hour, in working time?");
  expect(texts.join(" ")).not.toMatch(/acceptable|downtime|availability|nines/i);
});
