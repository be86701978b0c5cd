import { readFileSync } from "node:fs";
import { request } from "node:https";

/** GET with a bearer token and an authority of one's own; prints status and body. For hosts of a lab. */
const [url = "", token = "", caFile = ""] = process.argv.slice(2);
request(
  url,
  { headers: { authorization: `Bearer ${token}` }, ca: readFileSync(caFile), timeout: 5000 },
  (response) => {
    process.stdout.write(`${response.statusCode}\n`);
    response.pipe(process.stdout);
  },
)
  .on("timeout", () => process.exit(1))
  .end();
