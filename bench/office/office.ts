import type { Ground } from "../../src/drills/ground.ts";
import { socketClient } from "../../src/http/socket.ts";
import { appSocketOf } from "../../src/lab/agents.ts";
import type { Lab } from "../../src/lab/lab.ts";

/**
 * The office of docs/office.md for a bench, by the API: a site, ten people in a range, a ring group, opening hours, night
 * service, a table of customers, two carriers with prices, limits and a guard.
 * @param phone address and port of a telephone that takes all calls, in the place of carriers and desks
 * @returns what is dialled: the name of each way through its rules → a number
 */
export async function office(lab: Lab, { api }: Ground, phone: string): Promise<Record<string, string>> {
  const [node] = Object.values(lab.state().hosts).filter(({ role }) => role === "node");
  const sheets = socketClient(appSocketOf(node?.data ?? ""));
  const put = (path: string, body: object) => api("PUT", `/v1/${path}`, body);
  const [host = "", port] = phone.split(":");
  const desk = { type: "uri", uri: `sip:desk@${phone}` };
  await put("sites/stuttgart", {
    country: "DE",
    area_code: "711",
    outside_prefix: "0",
    time_zone: "Europe/Berlin",
    default: true,
  });
  for (let extension = 20; extension < 30; extension += 1)
    await put(`users/${extension}`, { password: "correct horse battery", display: `Desk ${extension}` });
  await put("ranges/office", { first: "+4971190100", last: "+4971190199", extension_digits: 2 });
  await put("groups/sales", { members: [{ user: "21" }, { user: "22" }, { user: "23" }] });
  await put("calendars/office", {
    time_zone: "Europe/Berlin",
    // Always open: the bench may run at night.
    hours: [{ from: "00:00", to: "23:59" }],
  });
  await put("flags/night", { on: false });
  const customers = Array.from({ length: 10_000 }, (_, index) => `+4930${900_000 + index},gold`);
  await put("tables/customers", { csv: `number,level\n${customers.join("\n")}\n` });
  for (const [name, price] of [
    ["alpha", 0.01],
    ["beta", 0.012],
  ] as const) {
    await put(`carriers/${name}`, {
      addresses: [{ host, port: Number(port) }],
      number: "00{digits}",
      limits: { calls: 10_000 },
    });
    const prices = Array.from(
      { length: 1000 },
      (_, index) => `49${100 + (index % 900)}${index % 7},${price}`,
    );
    const { status, text } = await sheets.ask({
      method: "POST",
      path: `/v1/prices/${name}/import?currency=EUR`,
      text: `Prefix,Rate\n49,${price}\n${[...new Set(prices)].join("\n")}\n`,
      headers: { "content-type": "text/csv" },
    });
    if (status !== 200) throw new Error(`prices of ${name}: ${status} ${text}`);
  }
  await put("guards/outside", { per: "user", calls: 10_000, calls_per_day: 10_000_000 });
  const out = { type: "route", targets: [{ type: "carriers" }], tags: { kind: "outgoing" } };
  const line = { tags: { line: "main" } };
  await put("routes/emergency", { match: { number_class: ["emergency"] }, priority: 1000, action: out });
  await put("routes/premium", {
    match: { number_class: ["premium"] },
    priority: 100,
    action: { type: "reject", code: 403, reason: "No Premium Numbers" },
  });
  await put("routes/world", { match: { prefix: "+" }, action: out });
  const main = { number: "+4971190110" };
  await put("routes/main", { match: main, action: { type: "route", targets: [desk], ...line } });
  await put("routes/main-gold", {
    match: { ...main, table: { name: "customers" } },
    priority: 5,
    action: { type: "route", targets: [desk], ...line },
  });
  await put("routes/main-closed", {
    match: { ...main, closed: "office" },
    priority: 10,
    action: { type: "route", targets: [{ type: "user", user: "29" }], ...line },
  });
  await put("routes/main-night", {
    match: { ...main, flags: { night: true } },
    priority: 20,
    action: { type: "route", targets: [{ type: "user", user: "29" }], ...line },
  });
  return { "into the office": "+4971190110", "out by the cheapest carrier": "0015112345678" };
}
