import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** A program that is told of calls (webhook): each message is a line, {id, body}. Argument: JSON of {address, port}. */
const { address, port } = JSON.parse(process.argv[2] ?? "") as { address: string; port: number };
createServer((request, response) => {
  text(request).then(
    (body) => {
      const id = request.headers["webhook-id"];
      process.stdout.write(`${JSON.stringify({ id, body: JSON.parse(body) as unknown })}\n`, () =>
        response.writeHead(204).end(),
      );
    },
    () => response.destroy(), // the sender died while it told
  );
}).listen(port, address);
process.once("SIGTERM", () => process.exit());
