import { expect, test } from "vitest";
import type { OrderState } from "../report/order.ts";
import { askAll } from "./ask-all.ts";
import type { Desk } from "./desk.ts";

/** A desk whose hosts answer as told; an Error is an objection. */
const deskOf = (answers: Record<string, string | Error>): Desk => ({
  clusterFile: "cluster.yaml",
  host: "a",
  view: async () => ({ expected: Object.keys(answers), entries: [] }),
  configurations: async () => ({ hosts: [], silent: [] }),
  order: async (host, work): Promise<OrderState> => {
    const answer = answers[host];
    if (answer instanceof Error) throw answer;
    return {
      id: host,
      change: "1",
      kind: work.kind,
      who: "test",
      state: "done",
      wallMs: 0,
      text: answer ?? "",
    };
  },
});
const look = { kind: "look", directory: "/opt/new" } as const;

test("every host's answer, with its name", async () => {
  const answers = await askAll(deskOf({ a: "0.2", b: "0.1" }), ["a", "b"], look, "");
  expect(answers.map(({ host, text }) => [host, text])).toEqual([
    ["a", "0.2"],
    ["b", "0.1"],
  ]);
});

test("one objection refuses it for all; all objections are told at once", async () => {
  const desk = deskOf({ a: "0.2", b: new Error("b: no such folder"), w: new Error("w: too old") });
  await expect(askAll(desk, ["a", "b", "w"], look, "it must be everywhere")).rejects.toThrow(
    "refused, nothing was changed; it must be everywhere:\n  b: no such folder\n  w: too old",
  );
  await expect(askAll(desk, ["b"], look, "")).rejects.toThrow("refused, nothing was changed:\n  b:");
});
