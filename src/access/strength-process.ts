import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";
import * as german from "@zxcvbn-ts/language-de";
import * as english from "@zxcvbn-ts/language-en";
import type { Judged, ToJudge } from "./strength.ts";

/** The process that judges passwords, started by strength.ts: its dictionaries take half a second to load, and memory. */

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary, ...german.dictionary },
  graphs: common.adjacencyGraphs,
});

/** More of a long one would take seconds, and makes none guessable that is not. */
const judgedLength = 50;

process.on("message", ({ password, names }: ToJudge) => {
  const { score, feedback } = zxcvbn.check(password.slice(0, judgedLength), [...names]);
  process.send?.({ score, warning: feedback.warning } satisfies Judged);
});
// Its app has ended, or is done with it.
process.on("disconnect", () => process.exit(0));
