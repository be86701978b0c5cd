import { expect, test } from "vitest";
import { lightCodes } from "../../../../src/report/light.ts";
import type { Cluster } from "../../api/cluster.ts";
import { headlineInGerman, reasons, wordsOf } from "./cluster-words.ts";

test("each reason of the light has its words", () => {
  expect(Object.keys(reasons).toSorted()).toEqual(lightCodes.toSorted());
});

test("a part says what callers notice where it is in use, and where it is not", () => {
  expect(wordsOf({ code: "rtpengine", severity: "down" })?.callers).toMatch(/^Gespräche sind stumm/);
  expect(wordsOf({ code: "rtpengine", severity: "risk" })?.callers).toBe(
    "Jetzt nichts; Gespräche verstummten bei einer Übernahme",
  );
  expect(wordsOf({ code: "of another release", severity: "note" })).toBeUndefined();
});

const cluster = (holders: string[], ready: string[], more: object = {}) =>
  ({
    state: "ok",
    problems: [],
    light: { colour: "green", reasons: [] },
    address: { holders, ready },
    ...more,
  }) as unknown as Cluster;

test.each([
  [cluster(["a"], ["b"]), "Anrufe kommen durch: a nimmt sie an. b kann übernehmen."],
  [cluster(["a"], []), "Anrufe kommen durch: a nimmt sie an. Fällt er jetzt aus, kann niemand übernehmen."],
  [cluster([], ["b"]), "Anrufe kommen nicht durch: Niemand hat die Dienstadresse."],
  [cluster(["a", "b"], []), "Anrufe kommen durch, aber a und b haben beide die Dienstadresse."],
  [
    cluster(["a"], ["b"], {
      state: "down",
      problems: [{ host: "a", code: "rtpengine", severity: "down", what: "rtpengine: no answer" }],
    }),
    "Anrufende merken etwas: a: rtpengine läuft nicht, wie es soll. a hat die Dienstadresse; b kann übernehmen.",
  ],
])("the headline of %j", (shown, text) => {
  expect(headlineInGerman(shown)).toBe(text);
});
