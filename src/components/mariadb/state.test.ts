import { expect, test } from "vitest";
import { parseGrastate, parseRecoveredPosition } from "./state.ts";

test("reads grastate.dat", () => {
  const text = "# GALERA saved state\nversion: 2.1\nuuid:    3203-aa\nseqno:   17\nsafe_to_bootstrap: 1\n";
  expect(parseGrastate(text)).toEqual({ uuid: "3203-aa", seqno: 17, safeToBootstrap: true });
  expect(parseGrastate("uuid: 00000000-0000-0000-0000-000000000000\nseqno: -1\n").uuid).toBe("");
});

test("takes the last recovered position", () => {
  const uuid = "320329e3-e54d-11f1-8bc5-4ee3c98e1b74";
  const output = `WSREP: Recovered position: ${uuid}:5\nWSREP: Recovered position: ${uuid}:9\n`;
  expect(parseRecoveredPosition(output)).toEqual({ uuid, seqno: 9 });
  expect(parseRecoveredPosition("nothing")).toBeUndefined();
});
