import { expect, test } from "vitest";
import { neighbourAdvertisement } from "./neighbour.ts";

test("a neighbour advertisement as RFC 4861 4.4 draws it", () => {
  expect(neighbourAdvertisement("fd00:77::100", "02:11:22:33:44:ff").toString("hex")).toBe(
    "88000000" + "20000000" + "fd000077000000000000000000000100" + "0201" + "0211223344ff",
  );
  expect(neighbourAdvertisement("2001:db8:0:1:2:3:4:5", "02:00:00:00:00:01").toString("hex")).toBe(
    "8800000020000000" + "20010db8000000010002000300040005" + "0201020000000001",
  );
});
