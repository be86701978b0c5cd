import { expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";

const key = "the key of the cluster's own proxies";

test("a HAProxy of the cluster tells where a request came from", () => {
  const headers = { "x-dialtone-proxy": key, "x-forwarded-for": "203.0.113.7" };
  expect(clientAddress(headers, "127.0.0.1", key)).toBe("203.0.113.7");
  expect(clientAddress({ ...headers, "x-forwarded-for": "10.0.0.1, 2001:db8::7" }, "127.0.0.1", key)).toBe(
    "2001:db8::7",
  );
});

test("nobody else can", () => {
  const told = { "x-forwarded-for": "203.0.113.7" };
  expect(clientAddress(told, "198.51.100.9", key)).toBe("198.51.100.9");
  expect(clientAddress({ ...told, "x-dialtone-proxy": "guessed" }, "198.51.100.9", key)).toBe("198.51.100.9");
  expect(clientAddress({ "x-dialtone-proxy": key }, "198.51.100.9", key)).toBe("198.51.100.9");
});
