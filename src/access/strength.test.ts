import { describe, expect, test } from "vitest";
import { Problem } from "../http/problems.ts";
import { assertStrong, namesOf, weaknessOf } from "./strength.ts";

test("names are pieces of the person's, of the service's and of the cluster's", () => {
  expect(namesOf("ada.lovelace@example.org", "Ada King, Countess", "Acme")).toEqual(
    expect.arrayContaining(["dialtone", "acme", "ada.lovelace@example.org", "lovelace", "king", "countess"]),
  );
});

test("a name is refused wherever it stands, a short one only where it makes it guessable", () => {
  const good = { score: 4, warning: null };
  const names = namesOf("ada", "Ada Lovelace");
  const said = (password: string, judged = good) => weaknessOf({ password, names }, judged);
  expect(said("purple-LoveLace-teapot")).toMatch(/'lovelace'/);
  // A ligature and full-width letters are the same word.
  expect(said("ｄｉａｌｔｏｎｅ of the office")).toMatch(/'dialtone'/);
  expect(said("adamant teapots sing")).toBeUndefined();
  expect(said("adamant teapots sing", { score: 2, warning: null })).toMatch(/guessed too easily/);
});

describe("judged by the dictionaries", () => {
  const refused: [password: string, why: RegExp][] = [
    ["password1234", /common password/],
    ["Passwort1234", /common password/],
    ["P@ssw0rd2026!", /common|guessed/],
    ["123456789012", /common password/],
    ["qwertzuiop12", /keyboard|guessed/],
    ["aaaaaaaaaaaaaaaa", /repeat/],
    ["abcabcabcabcabc", /repeat/],
    ["ada2026ada2026", /guessed|repeat/],
    ["administrator", /guessed/],
    ["4@$s0".repeat(25), /repeat|guessed/],
  ];
  test.each(refused)("%s is refused", async (password, why) => {
    const problem = await assertStrong(password, namesOf("ada", "")).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      code: "invalid-request",
      errors: [{ path: "/password", message: expect.stringMatching(why) }],
    });
  });

  test.each(["a sentence that nobody guesses", "x8Kq2mZp0LrT", "teekanne lila segelt nie"])(
    "%s is taken",
    (password) => assertStrong(password, namesOf("ada", "")),
  );
});
