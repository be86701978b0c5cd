import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { XMLParser } from "fast-xml-parser";

/**
 * What of FreeSWITCH matters to whoever answers it, after its own source (mod_xml_curl.c, switch_xml.c, mod_json_cdr.c): captured requests are sent
 * byte by byte, only the login and the place are ours.
 */
const captures = new URL("../freeswitch/captures/", import.meta.url);

export interface Captured {
  /** Lines of the header, the request line first. */
  header: string[];
  body: string;
}

export const captured = (name: string): Captured => ({
  header: readFileSync(new URL(`${name}.headers.txt`, captures), "utf8")
    .trimEnd()
    .split(/\r?\n/),
  body: readFileSync(new URL(`${name}.txt`, captures), "utf8"),
});

/** One URL as its configuration names it. `timeoutS`: whole seconds. */
export interface Binding {
  port: number;
  path: string;
  authorization?: string;
  timeoutS: number;
}

/** @returns the status, 0: none within the time-out, or no connection; and the body */
export function post(
  { header, body }: Captured,
  { port, path, authorization, timeoutS }: Binding,
): Promise<{ status: number; body: string }> {
  const [first = "", ...rest] = header;
  const query = /\?\S*/.exec(first)?.[0] ?? "";
  const lines = [
    `POST ${path}${query} HTTP/1.1`,
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...rest.filter((line) => !/^(content-length|authorization):/i.test(line)),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1" });
    const done = (status: number, said = "") => {
      socket.destroy();
      resolve({ status, body: said });
    };
    socket.setEncoding("utf8");
    socket.setTimeout(timeoutS * 1000, () => done(0));
    socket.on("error", () => done(0));
    socket.on("close", () => done(0));
    socket.on("data", (bytes: string) => {
      text += bytes;
      const end = text.indexOf("\r\n\r\n");
      const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1]);
      const said = text.slice(end + 4);
      if (end >= 0 && Buffer.byteLength(said) >= length) done(Number(text.split(" ", 2)[1]), said);
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  });
}

interface Section {
  name?: string;
  [element: string]: unknown;
}
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  isArray: (name) => name === "section",
});

/**
 * switch_xml_locate: asks one binding after the other until one answers 200 with a document; what is not in that is nowhere.
 * @returns the section that was asked for, and which binding answered it
 */
export async function locate(
  request: Captured,
  bindings: readonly Binding[],
): Promise<{ by: number; section: Section | undefined }> {
  const wanted = new URLSearchParams(request.body).get("section");
  for (const [by, binding] of bindings.entries()) {
    const { status, body } = await post(request, binding);
    if (status !== 200) continue;
    const { document } = parser.parse(body) as { document?: { section?: Section[] } };
    const sections = document?.section ?? [];
    const result = sections.find(({ name }) => name === "result") as
      | { result?: { status?: string } }
      | undefined;
    if (result?.result?.status === "not found") continue;
    return { by, section: sections.find(({ name }) => name === wanted) };
  }
  return { by: -1, section: undefined };
}

/** mod_json_cdr, process_cdr: the URLs in turn, until one says 2xx or there were enough tries. @returns was it taken */
export async function deliver(record: Captured, urls: readonly Binding[], retries: number): Promise<boolean> {
  for (let attempt = 0; attempt <= retries; attempt++) {
    const url = urls[attempt % urls.length];
    if (!url) return false;
    const { status } = await post(record, url);
    if (status >= 200 && status < 300) return true;
  }
  return false;
}
