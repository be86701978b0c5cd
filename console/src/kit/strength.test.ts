import { expect, test } from "vitest";
import { namesOf, strengthOf } from "./strength.ts";

const names = namesOf("ada", "Ada Lovelace", undefined);

test("a name, a common password, a pattern and too few characters are said, in this order", () => {
  const said = (password: string, score: number, warning: string | null = null) =>
    strengthOf(password, names, 12, { score, warning });
  expect(said("teapots of LoveLace sing", 4)).toEqual({ level: 1, hint: "name" });
  expect(said("password1234", 1, "similarToCommon")).toEqual({ level: 1, hint: "common" });
  expect(said("abababababab", 0, "simpleRepeat")).toEqual({ level: 1, hint: "pattern" });
  expect(said("x8Kq2mZp", 3)).toEqual({ level: 2, hint: "short" });
  expect(said("adamant teapots sing", 4)).toEqual({ level: 4 });
});
