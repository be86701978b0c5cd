/**
 * What Contact of a REGISTER may be (RFC 3261 20.10, 25.1): one or more SIP addresses, each with its parameters. Kamailio's
 * registrar takes nearly everything for one. A POSIX extended regular expression that JavaScript reads in the same way.
 */

const quotedString = String.raw`"([^"\\]|\\.)*"`;
const port = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const host = String.raw`([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?[.]?|\[[0-9A-Fa-f:.]+\])`;
const address = `[sS][iI][pP][sS]?:([^@<>" ]+@)?${host}(:${port})?`;
const inBrackets = `(${quotedString}|[^"<>,;:]*) *<${address}([;?][^<>" ]*)?>`;
const parameters = `( *;[^,"]*(${quotedString}[^,"]*)*)*`;
const contact = ` *(${inBrackets}|${address})${parameters} *`;

export const contactForm = `^${contact}(,${contact})*$`;
