import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/http/client.ts";
import { one, requestUri, tagOf } from "../../src/sip/message.ts";
import { sdp } from "../../src/sip/sdp.ts";
import { openUdp, type Place } from "../../src/sip/transport.ts";
import type { IncomingCall } from "../../src/sip/user-agent/incoming.ts";
import { UserAgent } from "../../src/sip/user-agent/user-agent.ts";
import { captured } from "./fake-freeswitch.ts";

/**
 * Stands in for FreeSWITCH on a host of a lab: reads the folder that `dialtone freeswitch init` wrote, asks for each call at the URLs that are named
 * there, as the captures show, does what the answer says (respond, bridge to an address), and tells the call's record. All that a real one is beside
 * that, it is not. Arguments: the folder, where it listens, the file that gets a JSON line for each thing that it did.
 */
export interface Deed {
  did: "asked" | "bridged" | "refused" | "told";
  /** The caller's. */
  callId: string;
  /** Of the answer; 0: there was none. */
  status: number;
  /** The URL, or what was called. */
  what: string;
}

const [folder = "", address = "", port = "", file = ""] = process.argv.slice(2);
const local: Place = { address, port: Number(port) };
const tell = (deed: Deed) => appendFileSync(file, `${JSON.stringify(deed)}\n`);

const params = (configuration: string, name: string): string[] => {
  const text = readFileSync(join(folder, "autoload_configs", `${configuration}.conf.xml`), "utf8");
  return [...text.matchAll(new RegExp(`name="${name}" value="([^"]*)"`, "g"))].map(([, value = ""]) => value);
};

const ca = readFileSync(join(folder, "dialtone/ca.crt"), "utf8");
const clients = new Map<string, HttpClient>();
const clientFor = (origin: string): HttpClient => {
  const client =
    clients.get(origin) ?? new HttpClient({ name: origin, origin, tls: { ca }, connectMs: 2000 });
  clients.set(origin, client);
  return client;
};

/** To one URL after the other, until one says 200. @returns its answer; undefined: none did */
async function post(
  urls: string[],
  credentials: string,
  text: string,
  said: (status: number, url: string) => void,
): Promise<string | undefined> {
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  for (const url of urls) {
    const { origin, pathname } = new URL(url);
    const answer = await clientFor(origin)
      .ask({ method: "POST", path: pathname, text, headers, deadlineMs: 2000 })
      .catch(() => ({ status: 0, text: "" }));
    said(answer.status, url);
    if (answer.status === 200) return answer.text;
  }
  return undefined;
}

const userOf = (uri: string): string => /^sips?:([^@;>]*)@/.exec(uri)?.[1] ?? "";
const bare = (uri: string): string => uri.replace(/^sips?:/, "");

/** The captured question, about this call. */
function questionAbout({ invite }: IncomingCall, network: Place): string {
  const form = new URLSearchParams(captured("dialplan-request").body);
  const from = /<([^>]*)>/.exec(one(invite, "from"))?.[1] ?? "";
  const number = userOf(requestUri(invite));
  const facts: Record<string, string> = {
    "Hunt-Destination-Number": number,
    "Caller-Destination-Number": number,
    variable_sip_req_user: number,
    variable_sip_to_user: number,
    variable_sip_req_uri: bare(requestUri(invite)),
    variable_sip_from_user: userOf(from),
    variable_sip_call_id: one(invite, "call-id"),
    variable_sip_network_ip: network.address,
    variable_sip_network_port: String(network.port),
  };
  form.delete("variable_sip_from_display");
  for (const [name, value] of Object.entries(facts)) form.set(name, value);
  return form.toString();
}

/** Applications of the first extension, and what `set` says for the call's record. */
function planIn(document: string): {
  set: Map<string, string>;
  actions: [application: string, data: string][];
} {
  const actions = [...document.matchAll(/<action application="([^"]*)"(?: data="([^"]*)")?/g)].map(
    ([, application = "", data = ""]): [string, string] => [application, data],
  );
  const set = actions.flatMap(([application, data]): [string, string][] => {
    const [name = "", ...value] = data.split("=");
    return application === "set" ? [[name, value.join("=")]] : [];
  });
  return { set: new Map(set), actions };
}

const micros = (): string => String(Date.now() * 1000);

/** The captured record, of this call's caller. */
function recordOf(call: IncomingCall, times: Record<string, string>, ours: Map<string, string>): string {
  const text = Buffer.from(captured("base64/cdr-json-post-aleg").body.slice(4), "base64").toString("utf8");
  const record = JSON.parse(text) as { variables: Record<string, string> };
  const { originator: _, originating_leg_uuid: __, bridge_channel: ___, ...variables } = record.variables;
  const { invite } = call;
  const own = {
    uuid: randomUUID(),
    sip_call_id: call.callId,
    sip_from_tag: tagOf(one(invite, "from")),
    sip_to_tag: call.localTag,
    sip_req_uri: bare(requestUri(invite)),
    ...times,
  };
  const noted = [...ours].filter(([name, value]) => name.startsWith("dialtone_") && !value.includes("$"));
  const all = { ...variables, ...own, ...Object.fromEntries(noted) };
  const escaped = Object.entries(all).map(([name, value]) => [name, encodeURIComponent(value)]);
  return `cdr=${Buffer.from(JSON.stringify({ ...record, variables: Object.fromEntries(escaped) })).toString("base64")}`;
}

async function carryOut(call: IncomingCall): Promise<void> {
  const { callId } = call;
  const start_uepoch = micros();
  const via = one(call.invite, "via");
  const [, host = "", from = "5060"] = /^SIP\/2\.0\/\w+ ([^:;]+)(?::(\d+))?/.exec(via) ?? [];
  const [cred = ""] = params("xml_curl", "gateway-credentials");
  const urls = params("xml_curl", "gateway-url").filter((url) => url.startsWith("https:"));
  const question = questionAbout(call, { address: host, port: Number(from) });
  const document = await post(urls, cred, question, (status, what) =>
    tell({ did: "asked", callId, status, what }),
  );
  const { set, actions } = planIn(document ?? "");
  for (const [application, data] of actions) {
    if (application === "respond") {
      const code = Number(data.slice(0, 3));
      call.reject(code);
      tell({ did: "refused", callId, status: code, what: data });
      return;
    }
    const uri =
      application === "bridge" ? /^(?:\[[^\]]*\])?sofia\/[^/]+\/(sip:.*)$/.exec(data)?.[1] : undefined;
    if (uri === undefined) continue;
    const called = agent.call({ uri, from: `<sip:${userOf(requestUri(call.invite))}@${address}>` });
    const { code } = await called.invite({
      headers: [["content-type", "application/sdp"]],
      body: sdp(address, 40_000, 1, "sendrecv"),
    });
    if (code >= 300) continue;
    tell({ did: "bridged", callId, status: code, what: uri });
    const answer_uepoch = micros();
    call.on = {
      ended: () => {
        void called.bye().catch(() => undefined); // it may have hung up too
        const record = recordOf(call, { start_uepoch, answer_uepoch, end_uepoch: micros() }, set);
        const [login = ""] = params("json_cdr", "cred");
        void post(params("json_cdr", "url"), login, record, (status, what) =>
          tell({ did: "told", callId, status, what }),
        );
      },
    };
    call.accept({
      headers: [["content-type", "application/sdp"]],
      body: sdp(address, 40_002, 1, "sendrecv"),
    });
    return;
  }
  call.reject(480);
  tell({ did: "refused", callId, status: 480, what: "nobody" });
}

const agent = new UserAgent({
  transport: await openUdp(local),
  contact: `<sip:${address}:${port}>`,
  invited: (call) => {
    call.ring(100);
    carryOut(call).catch((error: unknown) => {
      call.reject(500);
      tell({ did: "refused", callId: call.callId, status: 500, what: String(error) });
    });
  },
});
