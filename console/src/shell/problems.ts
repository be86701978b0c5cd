import i18next from "i18next";
import { wording } from "../api/problem.ts";
import { fieldWords, inGerman } from "./problem-words.ts";

/** Problems of the API are told in the language of the console. */
export function translateProblems(): void {
  wording.problem = ({ code, message }) => (i18next.language === "de" ? inGerman(code, message) : message);
  wording.field = (message) => fieldWords(message, i18next.language);
}
