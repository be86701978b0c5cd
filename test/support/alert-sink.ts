import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { SMTPServer } from "smtp-server";

/** An SMTP server and a webhook receiver, on a host of a lab: each message is one JSON line in a file. */
const [smtpPort, httpPort, file = ""] = process.argv.slice(2);
const keep = (by: string, text: string, headers: object) =>
  appendFileSync(file, `${JSON.stringify({ by, text, headers })}\n`);

new SMTPServer({
  disabledCommands: ["STARTTLS"],
  authOptional: true,
  onData: (stream, _session, done) => {
    stream.toArray().then((chunks) => {
      keep("mail", Buffer.concat(chunks).toString(), {});
      done();
    }, done);
  },
}).listen(Number(smtpPort));

createServer((request, response) => {
  void request.toArray().then((chunks) => {
    keep("webhook", Buffer.concat(chunks).toString(), request.headers);
    response.end();
  });
}).listen(Number(httpPort));
