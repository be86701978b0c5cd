import { expect, it } from "vitest";
import { alarmsIn, carrierStates } from "./states.ts";

it("finds carriers and alarms in the reports of whichever host has them", () => {
  const cluster = {
    hosts: [
      { name: "a", report: { registrations: [{ carrier: "main", registered: true }] } },
      {
        name: "b",
        report: {
          registrations: [{ carrier: "spare", registered: false }],
          brokenCarriers: [{ carrier: "farm@192.0.2.1:5060", sinceMs: 5 }],
          guardAlarms: [{ guard: "abroad", subject: "ada", why: "31 minutes", sinceMs: 1 }],
        },
      },
    ],
  };
  const states = carrierStates(cluster);
  expect(states.get("main")?.word).toBe("registered");
  expect(states.get("spare")).toEqual({ light: "bad", word: "unregistered" });
  expect(states.get("farm@192.0.2.1:5060")?.word).toBe("unreachable");
  expect(states.get("other")).toBeUndefined();
  expect(alarmsIn(cluster)).toEqual([{ guard: "abroad", subject: "ada", why: "31 minutes" }]);
  expect(alarmsIn(undefined)).toEqual([]);
});
