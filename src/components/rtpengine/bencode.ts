/**
 * Bencoding (https://www.bittorrent.org/beps/bep_0003.html), as rtpengine's ng protocol uses it: whole numbers, texts in
 * UTF-8, lists, dictionaries. The npm package `bencode` 4.0.1 is not used: it throws when it is to decode texts.
 */

export type Bencoded = number | string | Bencoded[] | { [key: string]: Bencoded };

/** Pure. Keys are sorted as BEP 3 wants it. @throws RangeError at a number that is not whole */
export const encode = (value: Bencoded): Buffer => Buffer.concat(partsOf(value));

function partsOf(value: Bencoded): Buffer[] {
  if (typeof value === "string") return [Buffer.from(`${Buffer.byteLength(value)}:${value}`)];
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
    return [Buffer.from(`i${value}e`)];
  }
  if (Array.isArray(value)) return [Buffer.from("l"), ...value.flatMap(partsOf), Buffer.from("e")];
  const pairs = Object.entries(value).map(([key, item]) => ({ key: Buffer.from(key), item }));
  pairs.sort((one, other) => Buffer.compare(one.key, other.key));
  return [
    Buffer.from("d"),
    ...pairs.flatMap(({ key, item }) => [Buffer.from(`${key.length}:`), key, ...partsOf(item)]),
    Buffer.from("e"),
  ];
}

const colon = 0x3a;
const end = 0x65;

/** Pure. @throws SyntaxError that names the place, also when something follows the value */
export function decode(bytes: Buffer): Bencoded {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new SyntaxError(`bencoding: more follows at byte ${reader.at}`);
  return value;
}

class Reader {
  at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  value(): Bencoded {
    switch (this.bytes[this.at]) {
      case 0x69: // i
        this.at++;
        return this.number(end);
      case 0x6c: {
        // l
        this.at++;
        const list: Bencoded[] = [];
        while (!this.ends()) list.push(this.value());
        return list;
      }
      case 0x64: {
        // d
        this.at++;
        const pairs: [string, Bencoded][] = [];
        while (!this.ends()) pairs.push([this.text(), this.value()]);
        return Object.fromEntries(pairs);
      }
      default:
        return this.text();
    }
  }

  private ends(): boolean {
    if (this.bytes[this.at] !== end) return false;
    this.at++;
    return true;
  }

  private number(delimiter: number): number {
    const stop = this.bytes.indexOf(delimiter, this.at);
    const digits = stop < 0 ? "" : this.bytes.toString("latin1", this.at, stop);
    if (!/^-?\d{1,15}$/.test(digits)) throw new SyntaxError(`bencoding: no number at byte ${this.at}`);
    this.at = stop + 1;
    return Number(digits);
  }

  private text(): string {
    const length = this.number(colon);
    const from = this.at;
    if (length < 0 || from + length > this.bytes.length)
      throw new SyntaxError(`bencoding: the text at byte ${from} is cut off`);
    this.at = from + length;
    return this.bytes.toString("utf8", from, this.at);
  }
}
