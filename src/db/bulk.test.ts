import { expect, it } from "vitest";
import { insertRows, overwrite } from "./bulk.ts";

it("writes one INSERT for all rows, values in the order of the columns", () => {
  const rows = [
    { node: "a", call_id: "x" },
    { node: "b", call_id: "y" },
  ];
  expect(insertRows("probes", rows, overwrite("node"))).toMatchObject({
    sql: "INSERT INTO `probes` (`node`,`call_id`) VALUES (?,?),(?,?) ON DUPLICATE KEY UPDATE `call_id`=VALUES(`call_id`)",
    parameters: ["a", "x", "b", "y"],
  });
});
