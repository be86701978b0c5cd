import { describe, expect, test } from "vitest";
import { hostMeant } from "./host-meant.ts";

const a = { host: "a", role: "node", holds: false } as const;
const b = { host: "b", role: "node", holds: true } as const;
const w = { host: "w", role: "witness", holds: false } as const;

describe("the host that a person means", () => {
  test("a name is a name, whoever is heard", () => expect(hostMeant("a", [])).toBe("a"));
  test("holder and standby, wherever the address is", () => {
    expect(hostMeant("holder", [w, a, b])).toBe("b");
    expect(hostMeant("standby", [w, a, b])).toBe("a");
  });
  test("nobody, two, or no other: said, not guessed", () => {
    expect(() => hostMeant("holder", [w, a])).toThrow("nobody is seen to hold");
    expect(() => hostMeant("standby", [{ ...a, holds: true }, b])).toThrow("a and b both hold");
    expect(() => hostMeant("standby", [w, b])).toThrow("there is no standby");
  });
});
