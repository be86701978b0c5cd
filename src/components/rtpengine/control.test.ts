import { expect, test } from "vitest";
import { sessionsIn } from "./control.ts";

test("the Call-IDs in what rtpengine 10.5 lists", () => {
  const line = (callId: string) =>
    `callid: ${callId.padStart(60)} | deletionmark:  no | created:  1795857001 | proxy:127.0.0.1:34651 | redis_keyspace:0 | foreign:no\n`;
  expect([...sessionsIn(`${line("call-1@host.example.org")}${line("b")}\n`)]).toEqual([
    "call-1@host.example.org",
    "b",
  ]);
  expect([...sessionsIn("No sessions on this media relay.\n\n")]).toEqual([]);
});
