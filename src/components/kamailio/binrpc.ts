/**
 * BINRPC, the protocol of Kamailio's ctl module (src/modules/ctl/binrpc.h), which kamcmd speaks too: Node has no
 * unix datagram sockets, so JSON-RPC over one is out of reach, and a FIFO has no deadlines. Pure.
 */

export type RpcValue = number | string | RpcValue[] | { [name: string]: RpcValue };

const magic = 0xa1;
const kinds = { int: 0, string: 1, double: 2, struct: 3, array: 4, name: 5, bytes: 6 } as const;
const types = { request: 0, reply: 1, fault: 3 } as const;

function bigEndian(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from(bytes);
}

function record(kind: number, value: Buffer): Buffer {
  if (value.length < 8) return Buffer.concat([Buffer.from([(value.length << 4) | kind]), value]);
  const length = bigEndian(value.length);
  return Buffer.concat([Buffer.from([0x80 | (length.length << 4) | kind]), length, value]);
}

const encodeValue = (value: string | number): Buffer =>
  typeof value === "number"
    ? record(kinds.int, bigEndian(value < 0 ? value + 2 ** 32 : value))
    : record(kinds.string, Buffer.from(`${value}\0`));

/** A request. Numbers must be whole, of 32 bits. @param cookie chosen by the caller, comes back in the reply */
export function encodeRequest(method: string, params: (string | number)[], cookie: number): Buffer {
  const body = Buffer.concat([method, ...params].map(encodeValue));
  const head = Buffer.alloc(10);
  head[0] = magic;
  // flags: request; 4 bytes of total length, 4 bytes of cookie
  head[1] = (types.request << 4) | (3 << 2) | 3;
  head.writeUInt32BE(body.length, 2);
  head.writeUInt32BE(cookie, 6);
  return Buffer.concat([head, body]);
}

interface Cell {
  kind: number;
  end: boolean;
  value: Buffer;
  next: number;
}

function cellAt(data: Buffer, at: number): Cell {
  const first = data[at];
  if (first === undefined) throw new Error("Kamailio's answer is cut off");
  const kind = first & 0x0f;
  const size = (first >> 4) & 7;
  const long = (first & 0x80) !== 0;
  const isContainer = kind === kinds.struct || kind === kinds.array;
  if (long && size === 0 && isContainer) return { kind, end: true, value: Buffer.alloc(0), next: at + 1 };
  // A negative double takes 8 bytes, and the 8 runs over into the bit that says "long".
  if (long && size === 0) {
    if (at + 9 > data.length) throw new Error("Kamailio's answer is cut off");
    return { kind, end: false, value: data.subarray(at + 1, at + 9), next: at + 9 };
  }
  const length = long ? data.readUIntBE(at + 1, size) : size;
  const start = at + 1 + (long ? size : 0);
  if (start + length > data.length) throw new Error("Kamailio's answer is cut off");
  return { kind, end: false, value: data.subarray(start, start + length), next: start + length };
}

const text = (value: Buffer): string => value.toString("utf8").replace(/\0$/, "");

const thousandths = (value: Buffer): number =>
  value.length === 8
    ? Number(value.readBigInt64BE())
    : value.length === 0
      ? 0
      : value.readUIntBE(0, Math.min(value.length, 6));

function decodeAt(data: Buffer, at: number): { value: RpcValue; next: number } {
  const cell = cellAt(data, at);
  if (cell.kind === kinds.int)
    return {
      value: cell.value.length === 0 ? 0 : cell.value.readUIntBE(0, Math.min(cell.value.length, 6)),
      next: cell.next,
    };
  // A double travels as an integer of thousandths.
  if (cell.kind === kinds.double)
    return {
      value: thousandths(cell.value) / 1000,
      next: cell.next,
    };
  if (cell.kind === kinds.string || cell.kind === kinds.bytes)
    return { value: text(cell.value), next: cell.next };
  if (cell.kind === kinds.array) {
    const items: RpcValue[] = [];
    let next = cell.next;
    for (;;) {
      const inner = cellAt(data, next);
      if (inner.end) return { value: items, next: inner.next };
      const item = decodeAt(data, next);
      items.push(item.value);
      next = item.next;
    }
  }
  if (cell.kind === kinds.struct) {
    const fields: { [name: string]: RpcValue } = {};
    // Kamailio writes a list of structs as a struct whose members have no names.
    const items: RpcValue[] = [];
    let next = cell.next;
    for (;;) {
      const name = cellAt(data, next);
      if (name.end) return { value: items.length > 0 ? items : fields, next: name.next };
      const field = decodeAt(data, name.kind === kinds.name ? name.next : next);
      if (name.kind === kinds.name) {
        const key = text(name.value);
        const before = fields[key];
        // A member that comes again makes a list of them.
        if (before === undefined) fields[key] = field.value;
        else fields[key] = Array.isArray(before) ? [...before, field.value] : [before, field.value];
      } else items.push(field.value);
      next = field.next;
    }
  }
  throw new Error(`Kamailio's answer has a value of the unknown type ${cell.kind}`);
}

/**
 * What came so far → the reply, or undefined when there is more to come.
 * @throws Error when it is no BINRPC, or Kamailio answers with a fault ("500 …")
 */
export function decodeReply(data: Buffer, cookie: number): RpcValue[] | undefined {
  if (data.length < 4) return undefined;
  if (data[0] !== magic) throw new Error("this is not Kamailio's control socket");
  const flags = data[1] ?? 0;
  const lengthSize = ((flags >> 2) & 3) + 1;
  const cookieSize = (flags & 3) + 1;
  const head = 2 + lengthSize + cookieSize;
  if (data.length < head) return undefined;
  const length = data.readUIntBE(2, lengthSize);
  if (data.length < head + length) return undefined;
  if (data.readUIntBE(2 + lengthSize, cookieSize) !== cookie)
    throw new Error("Kamailio answered another question");
  const body = data.subarray(head, head + length);
  const values: RpcValue[] = [];
  for (let at = 0; at < body.length; ) {
    const { value, next } = decodeAt(body, at);
    values.push(value);
    at = next;
  }
  if (flags >> 4 === types.fault) throw new Error(`Kamailio says: ${values.join(" ")}`);
  return values;
}
