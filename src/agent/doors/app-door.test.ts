import { expect, test, vi } from "vitest";
import { agentAppAccess } from "../../http/access.ts";
import { appDoor } from "./app-door.ts";

const post = vi.fn();
const control = {
  cluster: () => [],
  watch: {},
  maintenance: { post },
  contactsOf: async () => {
    throw new Error("Kamailio's control socket: connect ENOENT");
  },
} as unknown as Parameters<typeof appDoor>[0];
const order = { id: "1", change: "1", host: "b", who: "ada" };

test("the door has the routes of its list, and no other of the agent's", () => {
  const door = appDoor(control);
  for (const key of Object.keys(agentAppAccess)) {
    const [method = "", url = ""] = key.split(" ");
    expect(door.hasRoute({ method: method as "GET", url })).toBe(true);
  }
  for (const url of ["/stop", "/switchover", "/fencing/confirm"])
    expect(door.hasRoute({ method: "POST", url })).toBe(false);
});

test("what a person at the console may order is passed on; a release is not, nor what is no order", async () => {
  const door = appDoor(control);
  const send = async (payload: object) =>
    (await door.inject({ method: "POST", url: "/orders", payload })).statusCode;
  expect(await send({ ...order, work: { kind: "undrain" } })).toBe(202);
  expect(await send({ ...order, work: { kind: "drill", name: "switchover", runs: 1 } })).toBe(202);
  expect(post).toHaveBeenCalledTimes(2);
  for (const work of [
    { kind: "release", directory: "/tmp/x", release: "1", force: true },
    { kind: "restart", parts: true, force: true },
    { kind: "stage", text: "" },
  ])
    expect(await send({ ...order, work })).toBe(403);
  expect(await send({ ...order, work: { kind: "drill", name: "host-death", runs: 1 } })).toBe(422);
  expect(post).toHaveBeenCalledTimes(2);
});

test("registrations: what the SIP server said stands in the refusal", async () => {
  const answer = await appDoor(control).inject({
    method: "POST",
    url: "/registrations",
    payload: { users: ["ada"] },
  });
  expect(answer.statusCode).toBe(503);
  expect(answer.json().error).toContain("ENOENT");
});
