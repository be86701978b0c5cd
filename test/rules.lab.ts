import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealApp } from "./support/real-app.ts";

/** Sites, ranges, calendars, flags and tables in a real database, by the API of a real app. */

let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);

beforeAll(async () => {
  app = await RealApp.open();
});

afterAll(() => app[Symbol.asyncDispose]());

const simulate = async (number: string, more: Record<string, string> = {}) =>
  (await ask("GET", `/v1/rules/simulate?${new URLSearchParams({ number, ...more })}`)).body;

describe("an office's rules", () => {
  it("has a site, by which numbers are understood, and users that belong to it", async () => {
    const site = { country: "DE", area_code: "711", outside_prefix: "0", time_zone: "Europe/Berlin" };
    expect(await ask("PUT", "/v1/sites/stuttgart", site)).toMatchObject({ status: 200 });
    expect(await ask("PUT", "/v1/sites/other", { ...site, country: "XX" })).toMatchObject({ status: 400 });
    const user = { password: "correct horse" };
    expect(await ask("PUT", "/v1/users/ada", { ...user, site: "nowhere" })).toMatchObject({
      status: 400,
      body: { detail: "there is no site nowhere" },
    });
    await ask("PUT", "/v1/users/ada", { ...user, site: "stuttgart" });
    await ask("PUT", "/v1/users/42", user);
    expect(await ask("GET", "/v1/users/ada")).toMatchObject({ body: { site: "stuttgart" } });
    expect(await ask("DELETE", "/v1/sites/stuttgart")).toMatchObject({ status: 409 });
    await ask("PUT", "/v1/numbers/%2B49711123456", { user: "ada" });
    expect(await simulate("0123456", { from: "030123" })).toMatchObject({
      decision: { rule: "number:+49711123456" },
      meant: { site: "stuttgart", number: "+49711123456", class: "local", caller: "+4930123" },
    });
  });

  it("has ranges that do not overlap", async () => {
    const range = { first: "+49711123400", last: "+49711123499", extension_digits: 2 };
    expect(await ask("PUT", "/v1/ranges/main", range)).toMatchObject({ status: 200 });
    expect(await ask("PUT", "/v1/ranges/main", range)).toMatchObject({ status: 200 });
    const over = { first: "+49711123490", last: "+49711123509" };
    expect(await ask("PUT", "/v1/ranges/over", over)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("overlaps range main") },
    });
    expect(await ask("PUT", "/v1/ranges/other", { ...over, first: "+49711123500" })).toMatchObject({
      status: 200,
    });
    expect(await ask("PUT", "/v1/ranges/nobody", { first: "1", last: "1", user: "eve" })).toMatchObject({
      status: 422,
    });
    expect(await simulate("+49711123442")).toMatchObject({ decision: { targets: [{ user: "42" }] } });
  });

  it("has opening hours with holidays, and is asked for other times", async () => {
    const calendar = {
      time_zone: "Europe/Berlin",
      hours: [{ from: "08:00", to: "18:00" }],
      country: "DE",
      region: "BW",
    };
    expect(await ask("PUT", "/v1/calendars/office", calendar)).toMatchObject({ status: 200 });
    expect(await ask("PUT", "/v1/calendars/wrong", { ...calendar, region: "QQ" })).toMatchObject({
      status: 400,
    });
    const rule = { match: { closed: "office" }, priority: 5, action: { type: "reject", code: 480 } };
    await ask("PUT", "/v1/routes/closed", rule);
    const at = async (time: string) =>
      (await simulate("5000", { at: time })) as { decision: { rule: string } };
    expect((await at("2027-01-07T12:00:00+01:00")).decision.rule).not.toBe("closed");
    expect((await at("2027-01-06T12:00:00+01:00")).decision.rule).toBe("closed");
    await ask("DELETE", "/v1/routes/closed");
  });

  it("has flags, which count within a second", async () => {
    const night = { match: { flags: { night: true } }, priority: 9, action: { type: "reject", code: 480 } };
    await ask("PUT", "/v1/routes/night", night);
    for (const on of [true, false, true]) {
      await ask("PUT", "/v1/flags/night", { on });
      const { decision } = (await simulate("5000")) as { decision: { rule: string } };
      expect(decision.rule === "night").toBe(on);
    }
    await ask("DELETE", "/v1/flags/night");
  });

  it("has tables of 100,000 rows, of which nothing is taken where one is wrong", async () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => `+4930${String(at).padStart(6, "0")},42,gold`);
    const csv = `number,agent,level\n${lines.join("\n")}\n`;
    expect(await ask("PUT", "/v1/tables/customers", { csv })).toMatchObject({ status: 200 });
    expect(await ask("GET", "/v1/tables/customers")).toMatchObject({ body: { rows: 100_000 } });
    expect(await ask("PUT", "/v1/tables/customers", { csv: `${csv}+4930000000,1,tin\n` })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("line 100002: +4930000000 stands in line 2 already") },
    });
    const target = { type: "user", user: "{table:customers}" };
    const match = { number: "5000", table: { name: "customers" } };
    await ask("PUT", "/v1/routes/mine", { match, priority: 8, action: { type: "route", targets: [target] } });
    expect(await simulate("5000", { from: "030054321" })).toMatchObject({
      decision: { rule: "mine", targets: [{ user: "42" }] },
    });
    expect(await simulate("5000", { from: "+4930999999" })).toMatchObject({ decision: { action: "reject" } });
  });

  it("is made by commands", async () => {
    const run = promisify(execFile);
    const dialtone = async (...words: string[]) => {
      const all = ["src/main.ts", "--config", app.context.clusterFile, ...words];
      const { stdout } = await run(process.execPath, all).catch((error: { stdout: string }) => error);
      return stdout;
    };
    const file = join(app.root, "vip.csv");
    await writeFile(file, "number,agent\n+493055555,ada\n");
    for (const words of [
      "site set boston --country us --area 617 --zone America/New_York --network 192.0.2.0/24",
      "user site 42 boston",
      "range set block --prefix +4971199 --digits 2",
      "flag set busy off",
      `table import vip ${file}`,
    ])
      expect(await dialtone(...words.split(" "))).toContain(" ");
    await dialtone(
      ...["calendar", "set", "shop", "--zone", "Europe/Berlin", "--hours", "mon-fri 08:00-18:00"],
      ...["--holidays", "DE-BW", "--except", "01-06", "--day", "12-24 09:00-12:00 Christmas Eve"],
    );
    await dialtone(
      ...[
        "route",
        "add",
        "shop",
        "--range",
        "block",
        "--open",
        "shop",
        "--flag-off",
        "busy",
        "--priority",
        "9",
      ],
      ...["--listed", "vip", "--to", "{table:vip}"],
    );
    const asked = ["route", "test", "+497119911", "--from", "+493055555", "--at"];
    expect(await dialtone(...asked, "2026-12-24T09:30+01:00")).toContain("serial: ada");
    expect(await dialtone(...asked, "2026-12-24T12:30+01:00")).toContain(
      "calendar shop is holiday (Christmas Eve) at 2026-12-24 12:30 Europe/Berlin",
    );
    expect(await dialtone("site", "list")).toContain("boston");
    expect(await dialtone("range", "list")).toContain("+497119999");
    expect(await dialtone("calendar", "list")).toContain("DE-BW");
    expect(await dialtone("flag", "list")).toContain("busy");
    expect(await dialtone("table", "show", "vip")).toContain('"rows": 1');
    expect(await dialtone("flag", "remove", "busy")).toContain("removed");
  });
});
