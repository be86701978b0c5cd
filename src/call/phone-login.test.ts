import { expect, test } from "vitest";
import { ha1 } from "../sip/digest.ts";
import { phoneHa1, phoneLoginFor, phoneLoginSeconds, phoneUserOf } from "./phone-login.ts";

const secret = "0123456789abcdef0123456789abcdef";
const now = 1_800_000_000_000;

test("a login says whose it is for an hour, and any app tells its password", () => {
  const { login, password, until } = phoneLoginFor(secret, "anna.k", now);
  expect(until).toBe(1_800_003_600);
  expect(phoneUserOf(login, now)).toBe("anna.k");
  expect(phoneUserOf(login, now + phoneLoginSeconds * 1000 - 1)).toBe("anna.k");
  expect(phoneUserOf(login, now + phoneLoginSeconds * 1000)).toBeUndefined();
  expect(phoneHa1(secret, login, "dialtone")).toEqual(ha1(login, "dialtone", password));
});

test("two logins of one user have nothing in common but the user", () => {
  const [one, two] = [phoneLoginFor(secret, "1001", now), phoneLoginFor(secret, "1001", now)];
  expect(one.login).not.toBe(two.login);
  expect(one.password).not.toBe(two.password);
});

test.each([
  "1001",
  "1001~1800000100",
  "1001~x~y",
  "~1800000100~y",
  "1001~1800000100~y~z",
  "1001~1900000000~y",
])("%s is none", (login) => expect(phoneUserOf(login, now)).toBeUndefined());
