import { expect, test } from "vitest";
import { trivialPassword } from "./trivial-password.ts";

test.each([
  ["10011001", "1001", /user's name/],
  ["1001-abc", "1001", /user's name/],
  ["Ada.Love", "ada.love", /user's name/],
  ["!!!!!!!!", "1001", /repeat/],
  ["aaaaaaaa", "1001", /repeat/],
  ["test1test1", "1001", /repeat/],
  ["12121212", "1001", /repeat/],
  ["12345678", "1001", /usual/],
  ["87654321", "1001", /usual/],
  ["abcdefgh", "1001", /usual/],
  ["qwertzui", "1001", /usual/],
  ["Password1", "1001", /usual/],
  ["2026Geheim!", "1001", /usual/],
  ["sip-phone-12", "1001", /usual/],
  ["49301234", "1001", /digits/],
])("%s of %s is trivial", (password, user, why) => {
  expect(trivialPassword(password, user)).toMatch(why);
});

test.each([
  ["correct horse", "1001"],
  ["a long password", "ada"],
  ["pw-of-7790", "7790"],
  ["493012349876", "1001"],
  ["x8Kq2mZp", "1001"],
  ["päßwörter überall", "1001"],
  ["secret of the house", "1001"],
])("%s of %s is not", (password, user) => {
  expect(trivialPassword(password, user)).toBeUndefined();
});
