import { expect, test } from "vitest";
import { parseLoad } from "./load.ts";

test("Kamailio's load is read from its answer, and its absence said", () => {
  const answer =
    "SIP/2.0 200 OK\r\nX-Dialtone-Load: limit=80;refused=12;lag=33;served=900\r\nContent-Length: 0\r\n\r\n";
  expect(parseLoad(answer)).toEqual({ limit: 80, refused: 12, lag: 33, served: 900 });
  expect(
    parseLoad(answer.replace("served=900", "served=900;banned=2;forged=7;guilty=198.18.77.54")).intruders,
  ).toEqual({ banned: 2, forged: 7, guilty: "198.18.77.54" });
  expect(parseLoad(answer.replace("served=900", "served=900;tcp=512;banned=0;forged=0;guilty=0")).tcp).toBe(
    512,
  );
  expect(() => parseLoad("SIP/2.0 200 OK\r\n\r\n")).toThrow("without its load");
});
