import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrations.ts";
import { HourMarks } from "../src/records/hour-marks.ts";
import { report } from "../src/reports/read.ts";
import { RollUp } from "../src/reports/roll-up.ts";
import { PrivateMariadb } from "../test/support/private-mariadb.ts";

/**
 * What reports cost, with CALLS records (default 1,000,000) of 30 days in a MariaDB of its own: reading them, and counting an
 * hour again. `node bench/reports.ts [CALLS]`
 */

const calls = Number(process.argv[2] ?? 1_000_000);
const days = 30;
const password = "bench";
const root = await mkdtemp(join(tmpdir(), "dialtone-reports-"));
await chmod(root, 0o755);
const server = new PrivateMariadb(join(root, "mysql"), join(root, "run", "mysqld.sock"));
const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const began = performance.now();
  const value = await work();
  return { ms: Math.round(performance.now() - began), value };
};
try {
  await server.create(password);
  await using database = openDatabase({
    endpoints: [{ name: "bench", socketPath: server.socket }],
    login: { user: "dialtone", password, database: "dialtone" },
    queryMs: 120_000,
  });
  await migrate(database);
  const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  // 700 numbers, 12 rules, 4 carriers; of ten calls six are answered and last two minutes.
  await server.query(`INSERT INTO records (id, call_ref, call_id, from_tag, caller, callee, number, user_name, source, started_at,
    answered_at, ended_at, duration_ms, status, outcome, reason, target, origin, nodes, attempts, rule, decided_by, closed_how,
    note, events, details)
    SELECT UNHEX(MD5(seq)), UNHEX(MD5(CONCAT('c', seq))), CONCAT('call-', seq), 't', 'sip:ada@example', 'sip:x@example',
    CONCAT('+49711', 1000 + (seq * 7919) % 700), CONCAT('u', seq % 300), '192.0.2.1', t.at,
    IF(seq % 10 < 6, t.at + INTERVAL 8 SECOND, NULL), t.at + INTERVAL IF(seq % 10 < 6, 128, 20) SECOND,
    IF(seq % 10 < 6, 120000, NULL), 200, ELT(1 + seq % 10, 'answered','answered','answered','answered','answered','answered',
    'busy','no_answer','cancelled','failed'), '', 'sip:x', ELT(1 + seq % 2, 'a', 'b'), '["a"]', '[]', CONCAT('rule-', seq % 12),
    'own', 'bye', '', 4, IF(seq % 3 = 0, CONCAT('{"carrier":"carrier-', seq % 4, '"}'), NULL)
    FROM (SELECT seq, FROM_UNIXTIME(${end / 1000} - ${days * 86_400} + seq * ${(days * 86_400) / calls}) AS at FROM seq_1_to_${calls - 1}) t`);
  const marks = new HourMarks("a");
  const events = { rollUpFailed: (error: unknown) => console.error(error) };
  const rollUp = new RollUp({ node: "a", database, marks, longestCallMs: 4 * 3_600_000, events });
  await server.query(
    `INSERT INTO report_marks SELECT DISTINCT DATE_FORMAT(started_at, '%Y-%m-%d %H:00:00'), 'a', NOW(3) - INTERVAL 1 DAY FROM records`,
  );
  const all = await timed(() => rollUp.once(async () => {}));
  console.log(
    `counted anew: ${all.value} hours in ${all.ms} ms, ${(all.ms / all.value).toFixed(0)} ms an hour`,
  );
  const hour = end - 3_600_000;
  const one = await timed(() => rollUp.countHour(hour));
  console.log(`one hour of ${Math.round(calls / days / 24)} calls counted again: ${one.ms} ms`);
  const since = end - days * 86_400_000;
  for (const by of ["hour", "day", "number", "user", "carrier", "rule", "node"] as const) {
    const read = () =>
      report(
        database,
        { by, limit: 100, time_zone: "Europe/Berlin" },
        { since: since + 5 * 3_600_000, until: end },
      );
    await read();
    const { ms, value } = await timed(read);
    console.log(`30 days by ${by}: ${ms} ms, ${value.rows.length} rows, ${value.total.calls} calls`);
  }
  const [{ n } = { n: 0 }] = await server.query("SELECT COUNT(*) AS n FROM report_hours");
  const truth = await timed(() => server.query("SELECT COUNT(*) n, SUM(outcome='answered') a FROM records"));
  console.log(
    `rows of hours: ${n}; the same by a scan of the records: ${truth.ms} ms ${JSON.stringify(truth.value)}`,
  );
  const sums = await report(database, { by: "rule", limit: 1000, time_zone: "UTC" }, { since, until: end });
  console.log(
    `total by rule ${sums.rows.reduce((total, row) => total + row.calls, 0)} of ${sums.total.calls}, ASR ${sums.total.answer_seizure_ratio}`,
  );
} finally {
  await server.kill();
  await rm(root, { recursive: true, force: true });
}
