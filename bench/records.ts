import { RealApp } from "../test/support/real-app.ts";
import { percentile, report, rounded } from "./common.ts";

/**
 * How long people wait for a page of call records: 1,000,000 of them, in a MariaDB with as little memory as a small host's, asked
 * of the app's API in pages of 100, as the console does.
 */

const rows = 1_000_000;
const tries = 5;

await using app = await RealApp.open();
const { database } = app;

// Every 1.3 s a call for 15 days; one in 50,000 to the number that is looked for, three by the rare carrier.
await database.query(`INSERT INTO records
  (id, call_ref, call_id, from_tag, caller, callee, number, user_name, source, started_at, answered_at, ended_at, duration_ms,
   status, outcome, reason, target, origin, nodes, attempts, rule, decided_by, closed_how, note, events, details)
  SELECT UNHEX(MD5(seq)), UNHEX(MD5(CONCAT('c', seq))), CONCAT(MD5(seq), '@198.18.77.11'), MD5(CONCAT('t', seq)),
   CONCAT('sip:', 1000 + seq MOD 400, '@198.18.77.100'),
   CONCAT('sip:', IF(seq MOD 50000 = 7, '+4971199', CONCAT('+49711', 100000 + seq MOD 9973)), '@198.18.77.100'),
   IF(seq MOD 50000 = 7, '+4971199', CONCAT('+49711', 100000 + seq MOD 9973)), 1000 + seq MOD 400, '198.18.77.11',
   @t := TIMESTAMP('2026-11-01') + INTERVAL seq * 1300000 MICROSECOND,
   IF(seq MOD 5 = 0, NULL, @t + INTERVAL 4 SECOND), @t + INTERVAL 60 SECOND, IF(seq MOD 5 = 0, NULL, 1000 * (seq MOD 500)),
   IF(seq MOD 5 = 0, 486, 200), CASE WHEN seq MOD 20011 = 0 THEN 'failed' WHEN seq MOD 5 = 0 THEN 'busy' ELSE 'answered' END,
   'OK', 'sip:gw@198.18.77.50', 'a', '["a"]', '[]', CONCAT('rule-', seq MOD 30), 'rules', 'bye', '', 4,
   IF(seq MOD 3 = 0, NULL, CONCAT('{"carrier":"', IF(seq MOD 300000 = 1, 'rare', 'iron'), '","transfers":[],"passes":[]}'))
  FROM seq_1_to_${rows}`);
await database.query("ANALYZE TABLE records");

const searches: Record<string, Record<string, string>> = {
  "the newest": {},
  "a number, 20 of all": { number: "+4971199" },
  "a user's": { user: "1017" },
  "a rule's": { rule: "rule-7" },
  "failed, 49 of all": { outcome: "failed" },
  busy: { outcome: "busy" },
  "a day": { since: "2026-11-05T00:00:00Z", until: "2026-11-06T00:00:00Z" },
  "a common carrier": { carrier: "iron" },
  "longer than 8 minutes": { min_duration_s: "480" },
  "part of an address, common": { party: "1017" },
  "part of an address, 20 of all": { party: "+4971199" },
  "a carrier, 3 of all": { carrier: "rare" },
  "busy, and part of an address": { outcome: "busy", party: "+4971199" },
  "recorded, none": { recorded: "true" },
};

async function ask(query: Record<string, string>): Promise<{ records: unknown[]; next: string | null }> {
  const { status, body } = await app.ask(
    "GET",
    `/v1/records?${new URLSearchParams({ ...query, limit: "100" })}`,
  );
  if (status !== 200) throw new Error(`${JSON.stringify(query)}: ${status} ${JSON.stringify(body)}`);
  return body;
}

const lines: Record<string, string | number>[] = [];
for (const [search, query] of Object.entries(searches)) {
  const firsts: number[] = [];
  for (let n = 0; n < tries; n++) {
    const began = performance.now();
    await ask(query);
    firsts.push(performance.now() - began);
  }
  const began = performance.now();
  let pages = 0;
  let records = 0;
  let after: string | null = "";
  do {
    const page = await ask({ ...query, ...(after !== "" && { after }) });
    after = page.next;
    pages += 1;
    records += page.records.length;
  } while (after !== null && pages < 10);
  lines.push({
    search,
    "first page, median ms": rounded(percentile(firsts, 0.5), 1),
    "all, or 10 pages, ms": rounded(performance.now() - began, 0),
    pages,
    records,
  });
}
await report("records", lines, { more: { stored: rows, tries } });
