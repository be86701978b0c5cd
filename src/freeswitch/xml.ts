import { XMLBuilder } from "fast-xml-parser";

/** An element of a document for FreeSWITCH, whose documents have attributes and no text. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Element[];
}

export const element = (
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly Element[] = [],
): Element => ({ name, attributes, children });

/** `<param name=… value=…/>`, for each. */
export const params = (values: Readonly<Record<string, string>>): Element[] =>
  Object.entries(values).map(([name, value]) => element("param", { name, value }));

/** The same with `variable`. */
export const variables = (values: Readonly<Record<string, string>>): Element[] =>
  Object.entries(values).map(([name, value]) => element("variable", { name, value }));

/** What XML 1.0 (2.2, Char) has no place for, and what would end a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a document
const impossible = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/g;

/**
 * FreeSWITCH drops every line in which this stands without a `<` before it (switch_xml.c, preprocess), in capitals or not: a caller of
 * that name would get no answer.
 */
const directive = /x-pre-process/gi;

const attribute = (text: string): string =>
  text.toWellFormed().replace(impossible, " ").replace(directive, "x pre process");

const builder = new XMLBuilder({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  // One element a line: FreeSWITCH leaves out the whole line in which the XML declaration stands.
  format: true,
});

type Node = Record<string, unknown>;

const nodeOf = ({ name, attributes, children }: Element): Node => ({
  [name]: children.map(nodeOf),
  ":@": Object.fromEntries(Object.entries(attributes).map(([key, text]) => [key, attribute(text)])),
});

/** The text of a document. Pure. */
export const written = (root: Element): string =>
  String(
    builder.build([{ "?xml": [{ "#text": "" }], ":@": { version: "1.0", encoding: "UTF-8" } }, nodeOf(root)]),
  );

/** What FreeSWITCH asks for: one section, in the document that it expects. */
export const documentOf = (...sections: readonly Element[]): Element =>
  element("document", { type: "freeswitch/xml" }, sections);

export const sectionOf = (name: string, children: readonly Element[]): Element =>
  element("section", { name }, children);

/**
 * What somebody calls himself, in any script. FreeSWITCH expands `${…}` in whatever an application is given, with functions in it that run
 * programs, and takes brackets, quotes and commas for its own: only what can not mean anything is left. Pure.
 */
export const nameText = (text: string): string =>
  text
    .toWellFormed()
    // Joiners (U+200C, U+200D) are a part of words and of pictures.
    .replace(/(?!\u200c|\u200d)[^\p{L}\p{M}\p{N}\p{Zs}\p{So}.()&@:/+#!?_*-]/gu, " ")
    .replace(/ +/g, " ")
    .trim()
    .slice(0, 128)
    .toWellFormed();

/** A value of a channel's variable: whatever stands in a header or a note, but what FreeSWITCH would expand or unquote. Pure. */
export const valueText = (text: string): string =>
  text
    .toWellFormed()
    .replace(impossible, " ")
    .replace(/[$\\{}'`]/g, "")
    .slice(0, 512)
    .toWellFormed();

/** The same inside of a dial string, where a target's variables stand: between `[^^!` and `]`, with `!` between them. Pure. */
export const legText = (text: string): string => valueText(text).replace(/[!|[\]^]/g, "");

/** A SIP URI in a dial string: what FreeSWITCH would take for its own is escaped (RFC 3261 19.1.2). Pure. */
export const uriText = (uri: string): string =>
  uri
    .toWellFormed()
    .replace(impossible, "")
    .replace(/[^\x20-\x7e]/gu, (letter) => encodeURIComponent(letter))
    .replace(/[${}|'\\,^~`"<> ]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    // Between calls that are made independently of each other (mod_dptools).
    .replaceAll(":_:", ":%5F:");

/** A name or number that may stand in a dial string as it is; undefined: it may not. Pure. */
export const dialText = (text: string): string | undefined =>
  /^[A-Za-z0-9+*#_.!()-]{1,128}$/.test(text) ? text : undefined;

/** What FreeSWITCH itself is to fill in when it carries out an application: a variable of the channel, or a function's answer. */
export const filledIn = (expression: string): string => `\${${expression}}`;
