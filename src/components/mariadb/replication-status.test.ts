import { expect, it } from "vitest";
import { replicationOf, type SlaveStatus, sequenceOf, withoutData } from "./replication-status.ts";

// As MariaDB 10.11 says it.
const good: SlaveStatus = {
  Slave_IO_Running: "Yes",
  Slave_SQL_Running: "Yes",
  Last_IO_Errno: 0,
  Last_IO_Error: "",
  Last_SQL_Errno: 0,
  Last_SQL_Error: "",
};
const known = { from: "b", id: "1", own: 5, applied: 9, readOnly: false, copying: false };
const stateOf = (row: Partial<SlaveStatus>) => replicationOf({ ...good, ...row }, known);

it("tells following, interrupted, and what is for a person", () => {
  expect(stateOf({})).toEqual({
    from: "b",
    id: "1",
    own: 5,
    applied: 9,
    readOnly: false,
    state: "following",
  });
  expect(
    stateOf({
      Slave_IO_Running: "Connecting",
      Last_IO_Errno: 2003,
      Last_IO_Error: "error connecting to master",
    }),
  ).toMatchObject({ state: "interrupted", error: "error 2003: error connecting to master", errno: 2003 });
  expect(
    stateOf({ Slave_IO_Running: "No", Last_IO_Errno: 1236, Last_IO_Error: "Got fatal error 1236" }),
  ).toMatchObject({ state: "stopped", errno: 1236 });
  expect(
    stateOf({ Slave_SQL_Running: "No", Last_SQL_Errno: 1062, Last_SQL_Error: "Error 'x'" }),
  ).toMatchObject({
    state: "stopped",
    error: "error 1062: Error 'x'",
  });
  // An order to stop, or a server that has just been started.
  expect(stateOf({ Slave_IO_Running: "No" })).toMatchObject({ state: "interrupted", errno: 0 });
  expect(stateOf({ Slave_IO_Running: "No", Slave_SQL_Running: "No" })).toMatchObject({
    state: "interrupted",
  });
  expect(replicationOf(undefined, known)).toMatchObject({ state: "new" });
  expect(replicationOf(undefined, { ...known, copying: true })).toMatchObject({ state: "copying" });
});

it("leaves out the statement, which may hold the digest of a password", () => {
  const words =
    "Error 'Duplicate entry '7' for key 'PRIMARY'' on query. Default database: 'dialtone'. Query: 'insert into `users` values ('ada', '0b8d')'";
  expect(withoutData(words)).toBe("Error 'Duplicate entry '7' for key 'PRIMARY''");
});

it("finds a domain's number in a position", () => {
  expect(sequenceOf("1-1-5,2-2-9", 2)).toBe(9);
  expect(sequenceOf("11-1-5", 1)).toBe(0);
  expect(sequenceOf("", 1)).toBe(0);
});
