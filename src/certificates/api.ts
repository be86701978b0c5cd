import { X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type HostContext, nodes, serviceIps } from "../cluster/facts.ts";
import { type KeptCertificate, sealedKey } from "../cluster/web-certificate.ts";
import { noteChange } from "../http/noted.ts";
import { Problem } from "../http/problems.ts";
import type { PeerNews } from "../report/host-report.ts";
import { type Certificates, certificatesSchema, givenSchema } from "./certificate-schema.ts";
import { faultsOf, tidied } from "./check.ts";
import { usedOf } from "./due.ts";
import { nodesShown, shownOf } from "./show.ts";
import type { CertificateStore } from "./store.ts";

export interface CertificateApiParts {
  context: Pick<HostContext, "cluster" | "secrets">;
  store: CertificateStore;
  /** Something was stored. */
  changed(): void;
  /** What the hosts say of themselves. */
  reports(): Promise<{ entries: PeerNews[] }>;
}

/** Authorities whose certificates need not follow: those that this system knows, and the cluster's own. */
const known = (own: string): X509Certificate[] =>
  [...getCACertificates("default"), own].map((text) => new X509Certificate(text));

export const certificateRoutes =
  ({ context, store, changed, reports }: CertificateApiParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { cluster, secrets } = context;
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
  };
