import { expect, test } from "vitest";
import { ip6Problems } from "./preflight.ts";

test("an interface whose IPv6 is switched off is told before the start, with what to do", () => {
  expect(ip6Problems("eno1", "0\n")).toEqual([]);
  expect(ip6Problems("eno1", "1\n")).toEqual([
    expect.stringContaining("run as root: sysctl -w net.ipv6.conf.eno1.disable_ipv6=0"),
  ]);
  expect(ip6Problems("eno1", undefined)).toEqual([
    expect.stringContaining("this kernel was started without it"),
  ]);
});
