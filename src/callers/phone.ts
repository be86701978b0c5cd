import { type PhoneOptions, phoneScenario } from "./phone-scenario.ts";
import { type Place, prepareSipp, type SippOptions, type SippRun, startSipp } from "./sipp.ts";

/** Telephones for labs, drills and tests: SIPp behind one address and port, with or without registration. */

export interface PhoneSetup {
  place: Place;
  /** Where its scenario and log lie. */
  directory: string;
  /** Names its files; also its run id, so only [A-Za-z0-9]. */
  name: string;
  /** Local port, default 5060. */
  port?: number;
  transport?: "udp" | "tcp";
  behaviour?: Partial<PhoneOptions>;
  /** Register as this user; without it the phone just answers at its address. */
  register?: {
    user: string;
    password: string;
    /** host[:port] of the service. */
    service: string;
    /** Lifetime of the registration in seconds; renewed after half of it. */
    expires?: number;
  };
}

/** REGISTER, with credentials when challenged, again and again; after a failure one second later. */
export function registerScenario(run: string, user: string, password: string, expires: number): string {
  for (const value of [run, user, password])
    if (!/^[\x21-\x7e]+$/.test(value) || /[[\]<>"&]/.test(value))
      throw new Error("user and password of a test telephone can have no blanks, brackets or quotes");
  const host = "[remote_ip]:[remote_port]";
  const register = (credentials: string) => `<send retrans="500"><![CDATA[

REGISTER sip:${host} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-${run}-[call_number]-[cseq];rport
From: <sip:${user}@${host}>;tag=${run}-[call_number]
To: <sip:${user}@${host}>
Call-ID: [call_id]
CSeq: [cseq] REGISTER
Contact: <sip:${user}@[local_ip]:[local_port];transport=[transport]>
${credentials}Expires: ${expires}
Max-Forwards: 70
User-Agent: dialtone-phone
Content-Length: 0

]]></send>`;
  const failed = [400, 403, 404, 408, 423, 480, 500, 503]
    .map((code) => `<recv response="${code}" optional="true" next="wait"/>`)
    .join("\n");
  return `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="registration">
<label id="again"/>
${register("")}
<recv response="100" optional="true"/>
<recv response="200" optional="true" next="registered"/>
${failed}
<recv response="407" auth="true" optional="true" next="credentials"/>
<recv response="401" auth="true" timeout="3000" ontimeout="again"/>
<label id="credentials"/>
${register(`[authentication username=${user} password=${password}]\n`)}
<recv response="100" optional="true"/>
<recv response="401" optional="true" next="wait"/>
${failed}
<recv response="200" timeout="3000" ontimeout="again"/>
<label id="registered"/>
<pause milliseconds="${expires * 500}"/>
<nop next="again"/>
<label id="wait"/>
<pause milliseconds="1000"/>
<nop next="again"/>
<nop/>
</scenario>
`;
}

function sippOptions(setup: PhoneSetup): SippOptions {
  const answering = phoneScenario(setup.name, { behaviour: "answer", ringMs: 0, ...setup.behaviour });
  const { register } = setup;
  const base = {
    place: setup.place,
    directory: setup.directory,
    name: setup.name,
    port: setup.port ?? 5060,
    transport: setup.transport ?? "udp",
  } as const;
  if (!register) return { ...base, scenario: answering };
  return {
    ...base,
    scenario: registerScenario(setup.name, register.user, register.password, register.expires ?? 120),
    incoming: answering,
    remote: register.service,
    total: 1,
  };
}

/** Starts a telephone that lives until it is disposed of. @throws Error when SIPp refuses (port in use …). */
export const startPhone = (setup: PhoneSetup): Promise<SippRun> => startSipp(sippOptions(setup));

/** Writes a telephone's files and returns its command, for somebody else to run and keep (such as the lab). */
export const phoneCommand = (setup: PhoneSetup): Promise<string[]> => prepareSipp(sippOptions(setup));
