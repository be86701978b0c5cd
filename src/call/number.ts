import type { Question } from "./contract.ts";

/**
 * The one form of a number, however it was dialled: rules, numbers and users are looked up by it, and the call record
 * shows it. sip/call.cfg, route[NUMBER_KEY], makes keys that fit.
 */

/** What a telephone's display may put between digits (RFC 3966 5.1.1), and what people do besides. */
const separators = /[-.() /]/g;

/** Digits with separators (RFC 3966 3): `+49 (711) 12-34`, `*21#`, `0711/1234`. */
const telephone = /^\+?[-.() /]*[0-9*#][-.() /0-9A-F*#]*$/i;

/** These separators stand in no name, so they can only mean a telephone number. */
const surelyTelephone = /^\+|[() /]/;

const saysTelephone = /^tel:|;user=phone(?=[;?@]|$)/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come out of an escape
const controls = /[\u0000-\u001f\u007f]/;

/** `%23` is `#` (RFC 3261 19.1.4). What would be no text, or a control character, stays as it came. */
function unescaped(text: string): string {
  if (!text.includes("%")) return text;
  try {
    const plain = decodeURIComponent(text);
    return controls.test(plain) ? text : plain;
  } catch {
    return text;
  }
}

/**
 * The user part of a SIP or tel URI as it is meant: no escapes (RFC 3261 19.1.4), no password; of a telephone number also
 * no parameters (`phone-context`, `npdi`, `rn`: RFC 3966 5.1, 4694) and no visual separators (RFC 3966 5.1.1). Without `+`, `tel:` or
 * `user=phone` a dot or dash belongs to the name (RFC 3261 19.1.1): `100-1` stays. Capitals differ (19.1.4). Pure.
 * @param uri the whole URI, where it is known: says whether this is a telephone number
 */
export function canonicalNumber(user: string, uri = ""): string {
  // A colon in the user part must be escaped: what follows one is a password.
  const [name = ""] = user.split(":", 1);
  const [first = ""] = name.split(";", 1);
  const subscriber = unescaped(first);
  const said = saysTelephone.test(uri);
  if (!telephone.test(subscriber)) return said ? subscriber : unescaped(name);
  return said || surelyTelephone.test(subscriber) ? subscriber.replace(separators, "") : subscriber;
}

/** The user part of an address as SIP writes them (`"Name" <sip:user@host>;tag=…`), for people and canonical. Pure. */
export function numberOf(address: string): string {
  const uri = /(?:^|[<\s"])((?:sips?|tel):[^>\s]*)/i.exec(address)?.[1];
  if (uri === undefined) return canonicalNumber(address.split("@")[0] ?? "");
  const rest = uri.slice(uri.indexOf(":") + 1);
  const at = rest.lastIndexOf("@");
  // Without an @: a tel URI, whose parameters are cut, or a host alone.
  return canonicalNumber(at < 0 ? (rest.split(";", 1)[0] ?? "") : rest.slice(0, at), uri);
}

/** A question whose numbers are canonical: what is asked of the rules, whoever asks. `request_uri` stays as dialled. Pure. */
export function understood(question: Question): Question {
  const number = canonicalNumber(question.number, question.request_uri);
  const user = canonicalNumber(question.from.user);
  if (number === question.number && user === question.from.user) return question;
  return { ...question, number, from: { ...question.from, user } };
}
