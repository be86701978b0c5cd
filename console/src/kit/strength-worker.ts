import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";
import * as german from "@zxcvbn-ts/language-de";
import * as english from "@zxcvbn-ts/language-en";
import type { Judged } from "./strength.ts";

/** Judges passwords beside the page: the dictionaries are a megabyte and take half a second. Nothing leaves the browser. */

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary, ...german.dictionary },
  graphs: common.adjacencyGraphs,
});

/** As in the app (src/access/strength-process.ts). */
const judgedLength = 50;

export interface ToJudge {
  id: number;
  password: string;
  names: string[];
}

export type FromJudge = Judged & Pick<ToJudge, "id">;

addEventListener("message", ({ data: { id, password, names } }: MessageEvent<ToJudge>) => {
  const { score, feedback } = zxcvbn.check(password.slice(0, judgedLength), names);
  postMessage({ id, score, warning: feedback.warning } satisfies FromJudge);
});
