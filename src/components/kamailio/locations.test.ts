import { expect, it } from "vitest";
import { decodeReply } from "./binrpc.ts";
import { contactsOf, locationTables } from "./locations.ts";

/** Cut from a real Kamailio 5.6.3's answer to ul.dump. */
const bytes = (text: string) =>
  Buffer.from(
    text.replace(/<([0-9a-f]{1,2})>/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
const contact =
  "<95><8>Contact<0><3><95><8>Address<0><91><10>sip:x@192.0.2.5<0><95><8>Expires<0><10>;%Q<0><82><ff><ff><ff><ff><ff><ff><fc><18>" +
  "<95><9>Received<0><91><a>[not set]<0><95><8>Methods<0>@<ff><ff><ff><ff><83>";
const record = (aor: string) => `UInfo<0><3>EAoR<0>Q${aor}<0><95><9>Contacts<0><3>${contact}<83><83>`;
const body = bytes(`<3>UAoRs<0><3>${record("1001")}${record("1002")}<83><83>`);
const head = Buffer.from([0xa1, 0x14, body.length >> 8, body.length & 255, 5]);

it("finds every contact of every user, with negative figures and without unset texts", () => {
  const reply = decodeReply(Buffer.concat([head, body]), 5) ?? [];
  const contacts = contactsOf(reply, 1_000_000);
  expect(contacts.map((one) => one.aor)).toEqual(["1001", "1002"]);
  expect(contacts[0]).toMatchObject({
    contact: "sip:x@192.0.2.5",
    expires: 1059,
    q: -1,
    received: "",
    methods: -1,
  });
});

it("writes what db_text reads: ':' and '\\' inside of a field are escaped", () => {
  const one = {
    aor: "1001",
    contact: "sip:1001@192.0.2.5:5060",
    received: "",
    path: "",
    expires: 2000,
    q: -1,
    callid: "a\\b",
    cseq: 3,
    flags: 64,
    cflags: 192,
    userAgent: "x",
    socket: "udp:192.0.2.100:5060",
    methods: -1,
    ruid: "uloc-1",
    instance: "",
    regId: 0,
    serverId: 0,
    lastModified: 1000,
  };
  const [columns = "", row = ""] = locationTables([one]).location.split("\n");
  const fields = row.split(/(?<!\\):/);
  expect(fields).toHaveLength(columns.split(" ").length);
  expect(fields[4]).toBe("sip\\:1001@192.0.2.5\\:5060");
  expect(fields[9]).toBe("a\\\\b");
});
