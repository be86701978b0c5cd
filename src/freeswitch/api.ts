import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { ask, type Deciding } from "../call/ask.ts";
import type { CallEvent } from "../call/contract.ts";
import { carrierFacts } from "../carriers/login.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import type { HostLogins } from "../http/host-logins.ts";
import { Problem } from "../http/problems.ts";
import { decide } from "../routing/decide.ts";
import type { Snapshot } from "../routing/registry.ts";
import { configurationAnswer, dialplanAnswer, directoryAnswer, type Place, placeOf } from "./answer.ts";
import { eventsOf } from "./call-events.ts";
import { CdrError, legIn } from "./cdr.ts";
import { type Form, questionOf } from "./question.ts";
import { snapshotOf } from "./snapshot.ts";
import { documentOf, type Element, written } from "./xml.ts";

export interface FreeswitchParts {
  context: HostContext;
  journal: { append(events: CallEvent[]): Promise<void> };
  events: { eventsTaken(count: number): void };
  deciding: Deciding<Consultation> & { live: { snapshot: Snapshot } };
  logins: HostLogins;
}

/** FreeSWITCH tries the next URL after any status but 200, and after 200 none: what can not be answered must be an error. */
function assertRules({ live }: FreeswitchParts["deciding"]): void {
  if (live.state().source === "empty")
    throw new Problem("database-unavailable", "no rules and users are known here yet");
}

async function sectionFor(parts: FreeswitchParts, place: Place, form: Form, node: string): Promise<Element> {
  const { deciding, context } = parts;
  const section = form.get("section");
  if (section === "configuration") return configurationAnswer(form, place);
  if (section !== "dialplan" && section !== "directory")
    throw new Problem("not-found", `the section ${section ?? ""} is not kept here`);
  assertRules(deciding);
  if (section === "directory")
    return directoryAnswer(form, deciding.live.snapshot.parts, place, context.secrets.peer_token);
  const decision = await ask(deciding, "http", questionOf(form, node));
  return dialplanAnswer(form, decision, place, carrierFacts(deciding.live.snapshot));
}

/** @throws Problem `invalid-request` */
function legFrom(body: string) {
  try {
    return legIn(body);
  } catch (error) {
    if (error instanceof CdrError) throw new Problem("invalid-request", error.message);
    throw error;
  }
}

/** POST /freeswitch/xml: what mod_xml_curl asks. POST /freeswitch/cdr: what mod_json_cdr and mod_xml_cdr tell. GET /freeswitch/snapshot. */
export const freeswitchRoutes = (parts: FreeswitchParts): FastifyPluginAsyncZod => {
  const place = placeOf(parts.context);
  return async (app) => {
    app.removeAllContentTypeParsers();
    // Its modules name their bodies as they like (mod_json_cdr.c, disable-100-continue): what it is shows from what is in it.
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, String(body)));
    app.post(
      "/freeswitch/xml",
      {
        schema: {
          summary: "FreeSWITCH (mod_xml_curl) asks for a dialplan, a directory entry or a configuration",
          description:
            "A form, as mod_xml_curl posts it; answered with a document of type freeswitch/xml. Whatever can not be answered is an error status: FreeSWITCH asks the next URL.",
          tags: ["freeswitch"],
        },
      },
      async (request, reply) => {
        const node = parts.logins.nameOf(request.raw) ?? "";
        const form = new URLSearchParams(typeof request.body === "string" ? request.body : "");
        const section = await sectionFor(parts, place, form, node);
        return reply.type("text/xml; charset=utf-8").send(written(documentOf(section)));
      },
    );
    app.get(
      "/freeswitch/snapshot",
      {
        schema: {
          summary: "What a FreeSWITCH host answers by itself while it can ask nobody",
          description: "A dialplan and a directory, as of now; the host looks into it as its last binding.",
          tags: ["freeswitch"],
        },
      },
      async (_request, reply) => {
        assertRules(parts.deciding);
        const { snapshot } = parts.deciding.live;
        const { cluster, secrets } = parts.context;
        const now = Date.now();
        const whole = snapshotOf(
          snapshot.parts,
          (question) => decide(snapshot, question, now),
          place,
          carrierFacts(snapshot),
          cluster.sip.fallback,
          secrets.peer_token,
        );
        return reply.type("text/xml; charset=utf-8").send(written(whole));
      },
    );
    app.post(
      "/freeswitch/cdr",
      {
        schema: {
          summary: "FreeSWITCH (mod_json_cdr, mod_xml_cdr) tells how one leg of a call went",
          description:
            "JSON or XML, plain, form-encoded or as base64. Acknowledged when what matters of it is on this node's disk. Sending it again, here or to another node, changes nothing.",
          tags: ["freeswitch"],
        },
      },
      async (request, reply) => {
        const leg = legFrom(typeof request.body === "string" ? request.body : "");
        const told = eventsOf(leg, parts.logins.nameOf(request.raw) ?? "");
        if (told.length > 0) await parts.journal.append(told);
        parts.events.eventsTaken(told.length);
        return reply.code(200).type("text/plain").send("OK\n");
      },
    );
  };
};
