import { X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type HostContext, nodes, serviceIps } from "../cluster/facts.ts";
import { type KeptCertificate, sealedKey } from "../cluster/web-certificate.ts";
import { noteChange } from "../http/noted.ts";
import { Problem } from "../http/problems.ts";
import type { PeerNews } from "../report/host-report.ts";
import type { AcmeOrders } from "./acme.ts";
import type { AcmeStore } from "./acme-store.ts";
import { type Certificates, certificatesSchema, givenSchema } from "./certificate-schema.ts";
import { faultsOf, tidied } from "./check.ts";
import { usedOf } from "./due.ts";
import { nodesShown, shownOf } from "./show.ts";
import type { CertificateStore } from "./store.ts";

export interface CertificateApiParts {
  context: Pick<HostContext, "cluster" | "secrets">;
  store: CertificateStore;
  acme: Pick<AcmeOrders, "shown" | "ask">;
  answers: Pick<AcmeStore, "answer">;
  /** Something was stored. */
  changed(): void;
  /** What the hosts say of themselves. */
  reports(): Promise<{ entries: PeerNews[] }>;
}

/** Of questions by authorities, or whoever says to be one, at a time. */
const mostLooking = 4;

/** Authorities whose certificates need not follow: those that this system knows, and the cluster's own. */
const known = (own: string): X509Certificate[] =>
  [...getCACertificates("default"), own].map((text) => new X509Certificate(text));

export const certificateRoutes =
  ({ context, store, acme, answers, changed, reports }: CertificateApiParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { cluster, secrets } = context;
    let looking = 0;
    const tags = ["certificates"];

    const shown = async (rows: readonly KeptCertificate[]): Promise<Certificates> => {
      const of = (kind: KeptCertificate["kind"]) => {
        const row = rows.find((one) => one.kind === kind);
        return row ? shownOf(row) : null;
      };
      const { entries } = await reports();
      return {
        used: shownOf(usedOf(rows, cluster) ?? { kind: "hosts", certificate: secrets.tls.cert }),
        given: of("given"),
        acme: of("acme"),
        generated: of("generated"),
        names: cluster.web.names,
        nodes: nodesShown(nodes(cluster), entries),
        authority: await acme.shown(rows.find(({ kind }) => kind === "acme")),
      };
    };

    app.get(
      "/v1/certificates",
      {
        schema: {
          summary: "The certificates of the console: which is used, and what browsers get at each node",
          tags,
          response: { 200: certificatesSchema },
        },
      },
      async () => await shown(await store.all()),
    );

    app.put(
      "/v1/certificates/given",
      {
        schema: {
          summary: "Give a certificate of your own",
          description:
            "It is refused whole when anything of it is not right (`errors`), and used at every node within seconds; connections that are open stay.",
          tags,
          body: givenSchema,
          response: { 200: certificatesSchema },
        },
      },
      async (request) => {
        const doors = { names: cluster.web.names, addresses: serviceIps(cluster) };
        const errors = faultsOf(request.body, doors, known(secrets.tls.ca), new Date());
        if (errors.length > 0)
          throw new Problem("invalid-certificate", "the certificate can not be used", errors);
        const { certificate, key } = tidied(request.body);
        const before = (await store.all()).find(({ kind }) => kind === "given");
        const after = { kind: "given", certificate, key: sealedKey(secrets, certificate, key) } as const;
        await store.put(after);
        noteChange(request, { ...(before && { before: shownOf(before) }), after: shownOf(after) });
        changed();
        return await shown(await store.all());
      },
    );

    app.delete(
      "/v1/certificates/given",
      {
        schema: {
          summary: "Use no certificate of your own any more",
          tags,
          response: { 200: certificatesSchema },
        },
      },
      async (request) => {
        const before = (await store.all()).find(({ kind }) => kind === "given");
        if (!before || !(await store.remove("given")))
          throw new Problem("not-found", "nobody has given a certificate");
        noteChange(request, { before: shownOf(before) });
        changed();
        return await shown(await store.all());
      },
    );

    app.post(
      "/v1/certificates/order",
      {
        schema: {
          summary: "Order a certificate from the authority now",
          description:
            "The holder of the service address does, within seconds; `authority` says how it goes. Refused while authorities would count it as too many.",
          tags,
          response: { 202: certificatesSchema },
        },
      },
      async (request, reply) => {
        if (usedOf(await store.all(), cluster)?.kind === "given")
          throw new Problem("not-now", "a given certificate is used: remove it first");
        await acme.ask();
        noteChange(request, { after: { directory: cluster.web.acme?.directory } });
        changed();
        return await reply.code(202).send(await shown(await store.all()));
      },
    );

    // Anybody may ask this, by plain HTTP: it is cheap to refuse.
    app.get(
      "/.well-known/acme-challenge/:token",
      { schema: { hide: true, params: z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{8,128}$/) }) } },
      async ({ params: { token } }, reply) => {
        if (!cluster.web.acme) throw new Problem("not-found", "cluster.yaml names no authority (web.acme)");
        if (looking >= mostLooking) throw new Problem("database-unavailable", "too many ask at once");
        looking++;
        try {
          const answer = await answers.answer(token);
          if (answer === undefined) throw new Problem("not-found", "nothing was ordered by this token");
          return await reply.type("application/octet-stream").send(answer);
        } finally {
          looking--;
        }
      },
    );
  };
