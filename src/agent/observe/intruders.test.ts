import { expect, test } from "vitest";
import { IntruderWatch } from "./intruders.ts";

test("bans and forged messages are told once each, also after a restart of the SIP server", () => {
  const told: string[] = [];
  const watch = new IntruderWatch((text) => void told.push(text));
  const none = { banned: 0, forged: 0, guilty: "0" };
  watch.look(none, 0);
  watch.look(undefined, 400);
  watch.look({ ...none, banned: 1, guilty: "192.0.2.9" }, 800);
  watch.look({ banned: 3, forged: 5, guilty: "192.0.2.11" }, 1200);
  watch.look({ banned: 3, forged: 9, guilty: "192.0.2.11" }, 1600);
  watch.look({ banned: 1, forged: 0, guilty: "192.0.2.12" }, 2000);
  watch.look(undefined, 61_200);
  expect(told).toEqual([
    "wrong passwords: 192.0.2.9 is not answered for 5 minutes",
    "wrong passwords: 2 sources, the last 192.0.2.11 is not answered for 5 minutes",
    "5 messages in the name of a node, without the cluster's seal: not believed",
    "wrong passwords: 192.0.2.12 is not answered for 5 minutes",
    "4 messages in the name of a node, without the cluster's seal: not believed",
  ]);
});
