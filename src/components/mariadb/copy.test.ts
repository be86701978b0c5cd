import { expect, it } from "vitest";
import { sortLine } from "./copy.ts";

it("takes the position out of a dump, and nobody's orders whom to follow", () => {
  expect(sortLine("SET GLOBAL gtid_slave_pos='2-2-4';")).toEqual({ position: "2-2-4" });
  expect(sortLine("SET GLOBAL gtid_slave_pos='';")).toEqual({ position: "" });
  expect(sortLine("CHANGE MASTER TO MASTER_USE_GTID=slave_pos;")).toEqual({ data: false });
  expect(sortLine("INSERT INTO `rules` VALUES ('x','CHANGE MASTER TO');")).toEqual({ data: true });
  expect(sortLine("-- CHANGE MASTER TO MASTER_LOG_FILE='bin.000001';")).toEqual({ data: true });
});
