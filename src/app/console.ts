import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync, FastifyReply } from "fastify";

/** The console (console/), built to static files: `GET /console/*`. Its data come by the API, with a session. */

/** Where `npm run build` puts it. */
export const consoleFiles = join(import.meta.dirname, "..", "..", "console", "dist");

/** What index.html has in place of the nonce (console/vite.config.ts). */
const placeholder = /__NONCE__/g;

/**
 * Nothing inline and nothing from elsewhere. Styles: files of ours, and <style> elements that know the nonce of this page,
 * which Mantine makes for its colours and sizes; no style attributes in markup. `data:` and `blob:`: pictures that the page
 * makes itself; `blob:` for media: a recording that is played.
 */
const policy = (nonce: string): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");

/** Of every file: it is what it says it is. */
const fileHeaders = { "x-content-type-options": "nosniff" };
/** Of the page itself; what it loads is ruled by it, and need not say it again. */
const securityHeaders = {
  ...fileHeaders,
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
  "strict-transport-security": "max-age=31536000",
};

/** Shown until the console is built: `npm start` builds it behind the first call. */
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Dialtone</title>
<h1>The console is being built</h1>
<p>This page comes back by itself until it is there. The service works meanwhile.</p>
<p>If it stays: run <code>npm run build</code> in the folder of Dialtone on this host.</p>
</html>
`;

async function sendPage(reply: FastifyReply, root: string): Promise<FastifyReply> {
  const nonce = randomBytes(18).toString("base64");
  reply.headers({
    ...securityHeaders,
    "content-security-policy": policy(nonce),
    "cache-control": "no-store",
  });
  reply.type("text/html; charset=utf-8");
  try {
    const page = await readFile(join(root, "index.html"), "utf8");
    return reply.send(page.replace(placeholder, nonce));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return reply.code(503).header("retry-after", "2").send(notBuilt);
  }
}

/**
 * @param root of the built console; it may come into being later
 * @param app names this run of the app: a console that is answered by another one asks for everything anew
 */
export const consoleRoutes =
  (root: string, app: { node: string; run: string }): FastifyPluginAsync =>
  async (server) => {
    await server.register(fastifyStatic, { root, serve: false, preCompressed: true, suppressWarning: true });
    const hide = { schema: { hide: true } };

    server.get("/", hide, (_request, reply) => reply.redirect("/console/", 302));
    server.get("/console", hide, (_request, reply) => reply.redirect("/console/", 302));
    server.get("/console/alive", hide, (_request, reply) =>
      reply.header("cache-control", "no-store").send({ app: `${app.node} ${app.run}` }),
    );
    // Their names have a digest of what is in them.
    server.get<{ Params: { "*": string } }>("/console/assets/*", hide, (request, reply) => {
      reply.headers(fileHeaders);
      return reply.sendFile(`assets/${request.params["*"]}`, { immutable: true, maxAge: "365d" });
    });
    server.get("/console/*", hide, (_request, reply) => sendPage(reply, root));
  };
