import type { FreeswitchHost } from "../cluster/facts.ts";
import { accessLists, type Place } from "./answer.ts";
import { documentOf, type Element, element, params, sectionOf, written } from "./xml.ts";

/**
 * The configuration folder of a FreeSWITCH host, ready to run: each file, explained element by element in docs/freeswitch.md. Pure.
 */

export interface HostPlan {
  host: FreeswitchHost;
  place: Place;
  /** Of the nodes: `https://192.0.2.11:8443`, in the order in which they are asked. */
  origins: readonly string[];
  token: string;
  /** Whom to believe at those addresses: the cluster's own authority, PEM. */
  ca: string;
  /** Where the folder lies on that host, e.g. /etc/freeswitch. */
  folder: string;
  /** What it does while it can ask nobody, until the first snapshot is fetched. */
  snapshot: Element;
}

/** Whole seconds: FreeSWITCH knows no less, and without one it waits for ever. */
const askS = 2;
const tellS = 5;

/** Where records lie that nobody took: `dialtone freeswitch import` sends them again. */
export const leftRecords = "/var/lib/freeswitch/cdr-left";

/** What `snapshot` and `import` know of the cluster. */
export const settingsFile = "dialtone/host.json";
export const snapshotFile = "dialtone/snapshot.xml";

const configuration = (name: string, children: readonly Element[]): Element =>
  element("configuration", { name: `${name}.conf` }, children);
const settings = (values: Readonly<Record<string, string>>): Element =>
  element("settings", {}, params(values));

/** Modules, and what each is for. No others: what is not loaded has no hole. */
const modules = [
  "mod_console",
  "mod_logfile",
  "mod_xml_curl",
  "mod_json_cdr",
  "mod_sofia",
  "mod_loopback",
  "mod_hash",
  "mod_commands",
  "mod_dptools",
  "mod_dialplan_xml",
  "mod_sndfile",
  "mod_native_file",
  "mod_tone_stream",
] as const;

/** G.711 in both laws, which every telephone and carrier has; built in. */
const codecs = "PCMA,PCMU";

function binding(name: string, plan: HostPlan, url: string): Element {
  return element("binding", { name }, [
    element("param", { name: "gateway-url", value: url, bindings: "dialplan|directory" }),
    ...params({
      "gateway-credentials": `${plan.host.name}:${plan.token}`,
      // Nothing else is tried, and no second request is needed for it.
      "auth-scheme": "=basic",
      timeout: String(askS),
      "enable-cacert-check": "true",
      "enable-ssl-verifyhost": "true",
      "ssl-cacert-file": `${plan.folder}/dialtone/ca.crt`,
    }),
  ]);
}

const curl = (plan: HostPlan): Element =>
  configuration("xml_curl", [
    element("bindings", {}, [
      ...plan.origins.map((origin, index) =>
        binding(`dialtone-${index + 1}`, plan, `${origin}/freeswitch/xml`),
      ),
      // The last one: a file of this host's own.
      element("binding", { name: "snapshot" }, [
        element("param", {
          name: "gateway-url",
          value: `file:${plan.folder}/${snapshotFile}`,
          bindings: "dialplan|directory",
        }),
      ]),
    ]),
  ]);

/** Both URLs twice: a node that takes over answers the second time. */
const records = ({ origins, host, token, folder }: HostPlan): Element =>
  configuration("json_cdr", [
    element("settings", {}, [
      ...origins.map((origin) => element("param", { name: "url", value: `${origin}/freeswitch/cdr` })),
      ...params({
        cred: `${host.name}:${token}`,
        "auth-scheme": "=basic",
        timeout: String(tellS),
        retries: String(origins.length * 2 - 1),
        delay: "1",
        // The A leg tells all; and with B legs the module loses records when both end at once.
        "log-b-leg": "false",
        "prefix-a-leg": "false",
        // The only encoding in which names of strangers can not be taken for JSON's own quotes, also in the files that are left.
        encode: "base64",
        "encode-values": "true",
        "log-http-and-disk": "false",
        "log-errors-to-disk": "true",
        "err-log-dir": leftRecords,
        rotate: "false",
        "enable-cacert-check": "true",
        "enable-ssl-verifyhost": "true",
        "ssl-cacert-file": `${folder}/dialtone/ca.crt`,
      }),
    ]),
  ]);

const sofia = ({ host, place }: HostPlan): Element =>
  configuration("sofia", [
    element("global_settings", {}, params({ "log-level": "0", "auto-restart": "true" })),
    element("profiles", {}, [
      element("profile", { name: "dialtone" }, [
        element("domains", {}, [element("domain", { name: place.domain, alias: "true", parse: "true" })]),
        settings({
          "sip-ip": host.address,
          "rtp-ip": host.address,
          "sip-port": String(host.sipPort),
          context: "public",
          dialplan: "XML",
          // Users prove who they are; the cluster's own hosts need not.
          "auth-calls": "true",
          "apply-inbound-acl": "dialtone",
          "challenge-realm": place.domain,
          "force-register-domain": place.domain,
          "force-register-db-domain": place.domain,
          "inbound-reg-force-matching-username": "true",
          // All telephones of a user ring; without it the newest alone.
          "multiple-registrations": "contact",
          "inbound-codec-prefs": codecs,
          "outbound-codec-prefs": codecs,
          "inbound-codec-negotiation": "generous",
          "rtp-timer-name": "soft",
          "rtp-timeout-sec": "300",
          "user-agent-string": "FreeSWITCH",
          "accept-blind-reg": "false",
          "accept-blind-auth": "false",
          "unregister-on-options-fail": "false",
          "nat-options-ping": "true",
        }),
      ]),
    ]),
  ]);

const includes = (what: string): Element => element("X-PRE-PROCESS", { cmd: "include", data: what });

/** The root: what follows is read at the start; the dialplan and the directory come from mod_xml_curl alone. */
const root = (): string =>
  written(documentOf(sectionOf("configuration", [includes("autoload_configs/*.xml")])));

export const systemdUnits = (dialtone: string, folder: string): Record<string, string> => ({
  "dialtone-freeswitch.service": `[Unit]
Description=Fetches what FreeSWITCH answers by itself, and sends call records again that nobody took

[Service]
Type=oneshot
# Whom the folder and the records belong to; FreeSWITCH must be able to read the snapshot.
User=freeswitch
ExecStart=${dialtone} freeswitch snapshot --folder ${folder}
ExecStart=${dialtone} freeswitch import ${leftRecords} --folder ${folder}
`,
  "dialtone-freeswitch.timer": `[Unit]
Description=Every minute: dialtone-freeswitch.service

[Timer]
OnBootSec=10
OnUnitInactiveSec=60

[Install]
WantedBy=timers.target
`,
});

/** Path in the folder → text. Nearly all have secrets in them. */
export function hostFiles(plan: HostPlan): Record<string, string> {
  const { host, place, origins, token, ca, snapshot } = plan;
  const configurations: Record<string, Element> = {
    modules: configuration("modules", [
      element(
        "modules",
        {},
        modules.map((module) => element("load", { module })),
      ),
    ]),
    switch: configuration("switch", [
      settings({
        switchname: host.name,
        "max-sessions": "1000",
        "sessions-per-second": "100",
        loglevel: "warning",
        "rtp-start-port": "16384",
        "rtp-end-port": "32768",
      }),
    ]),
    console: configuration("console", [element("mappings", {}), settings({ loglevel: "warning" })]),
    logfile: configuration("logfile", [
      settings({ "rotate-on-hup": "true" }),
      element("profiles", {}, [
        element("profile", { name: "default" }, [
          settings({ rollover: "10485760" }),
          element("mappings", {}, [element("map", { name: "all", value: "warning,err,crit,alert" })]),
        ]),
      ]),
    ]),
    acl: accessLists(place.friends),
    xml_curl: curl(plan),
    json_cdr: records(plan),
    sofia: sofia(plan),
    // Not loaded (modules.conf.xml). Who loads it gets a door on this host alone, with a password that nobody knows by heart.
    event_socket: configuration("event_socket", [
      settings({ "listen-ip": "127.0.0.1", "listen-port": "8021", password: token, "nat-map": "false" }),
    ]),
  };
  return {
    "freeswitch.xml": root(),
    ...Object.fromEntries(
      Object.entries(configurations).map(([name, one]) => [
        `autoload_configs/${name}.conf.xml`,
        written(one),
      ]),
    ),
    "dialtone/ca.crt": ca,
    [settingsFile]: `${JSON.stringify({ host: host.name, origins, token }, null, 2)}\n`,
    [snapshotFile]: written(snapshot),
  };
}
