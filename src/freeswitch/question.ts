import type { Question } from "../call/contract.ts";
import { questionSchema } from "../call/contract.ts";
import { Problem } from "../http/problems.ts";

/** What mod_xml_curl sends: a form, whose fields are facts of the channel and of what is asked for. */
export type Form = URLSearchParams;

const first = (form: Form, ...names: string[]): string => {
  for (const name of names) {
    const found = form.get(name);
    if (found) return found.slice(0, 512);
  }
  return "";
};

const transports: ReadonlySet<string> = new Set(["udp", "tcp", "tls", "ws", "wss"]);

/** @param low the least that it may be */
const within = (text: string, low: number, high: number): number => {
  const number = Number(text);
  return Number.isInteger(number) && number >= low && number <= high ? number : low;
};

/** Which decision of this call is asked for: numbers that lead to each other ask again. */
export const passOf = (form: Form): number => within(first(form, "variable_dialtone_pass"), 1, 99);

/** The channel's own words for its context and its SIP profile, as they may stand in a dialplan. */
export const contextOf = (form: Form): string =>
  /^[A-Za-z0-9_.-]{1,64}$/.exec(first(form, "Hunt-Context", "Caller-Context"))?.[0] ?? "public";
export const profileOf = (form: Form): string =>
  /^[A-Za-z0-9_.-]{1,64}$/.exec(first(form, "variable_sofia_profile_name"))?.[0] ?? "dialtone";

/**
 * Who authenticated: the user of the directory, whose variables FreeSWITCH gives to the channel after its digest was right; or on whose behalf
 * a number that was decided leads here.
 */
const userOf = (form: Form): string =>
  first(form, "variable_dialtone_on_behalf_of") ||
  (form.get("variable_sip_authorized") === "true" ? first(form, "variable_dialtone_user") : "");

/** The question about a call that a FreeSWITCH host asks. @param node the host @throws Problem `invalid-request` */
export function questionOf(form: Form, node: string): Question {
  const transport = first(form, "variable_sip_via_protocol").toLowerCase();
  const number = first(form, "Hunt-Destination-Number", "Caller-Destination-Number");
  const user = userOf(form);
  const domain = first(form, "variable_sip_to_host", "variable_sip_req_host", "FreeSWITCH-IPv4");
  const display = first(form, "variable_sip_from_display");
  const dialled = first(form, "variable_sip_req_user");
  const parsed = questionSchema.safeParse({
    call_id: first(form, "variable_sip_call_id", "Unique-ID"),
    from: {
      user: first(form, "variable_sip_from_user", "Caller-Caller-ID-Number"),
      domain: first(form, "variable_sip_from_host"),
      ...(display !== "" && { display }),
    },
    ...(form.get("Caller-Privacy-Hide-Number") === "true" && { anonymous: true }),
    to: { user: first(form, "variable_sip_to_user") || number, domain },
    // After a transfer the request URI is of a number that was dialled before.
    request_uri:
      dialled === number ? `sip:${first(form, "variable_sip_req_uri")}` : `sip:${number}@${domain}`,
    number,
    source: {
      address: first(form, "variable_sip_network_ip", "Caller-Network-Addr").slice(0, 64),
      port: within(first(form, "variable_sip_network_port"), 0, 65_535),
    },
    transport: transports.has(transport) ? transport : "udp",
    ...(user !== "" && { user }),
    ...(passOf(form) > 1 && { pass: Math.min(9, passOf(form)) }),
    node,
  });
  if (!parsed.success || number === "") {
    const [issue] = parsed.error?.issues ?? [];
    const why = issue ? `${issue.path.join(".")} ${issue.message}` : "Hunt-Destination-Number is missing";
    throw new Problem("invalid-request", `no question about a call: ${why}`);
  }
  return parsed.data;
}
