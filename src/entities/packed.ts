import { Pace } from "../base/pace.ts";

/**
 * Very many small values as the lines of the snapshot's file: found by key, and by owner, without having been parsed. A
 * million of them are there in a second and need no more memory than the file; as objects they take ten times both. Never changed.
 */

/** A line of the file that is nothing but a kind, a key and whom it belongs to: {"t":KIND,KEY:"…",OWNER:"…"}. */
export interface PackedForm {
  kind: string;
  /** Names of the members that hold key and owner. */
  key: string;
  owner: string;
}

const quote = 0x22;
const backslash = 0x5c;

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
const hashStart = 0x811c9dc5;
const hashed = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

function hashOf(bytes: Uint8Array): number {
  let hash = hashStart;
  for (const byte of bytes) hash = hashed(hash, byte);
  return hash >>> 0;
}

/** Twice as many places as entries, a power of two. */
const placesFor = (entries: number): number => 2 ** Math.ceil(Math.log2(Math.max(4, 2 * entries)));

export class PackedValues {
  readonly size: number;
  private readonly text: Buffer;
  private readonly form: PackedForm;
  private readonly opening: number;
  private readonly between: number;
  /** Where each line begins. */
  private readonly starts: Uint32Array;
  /** Open addressing (Knuth, TAOCP 6.4, algorithm L): number of the entry + 1; 0: none. */
  private readonly byKey: Uint32Array;
  /** The same for owners: their last entry. */
  private readonly byOwner: Uint32Array;
  /** The entry before of the same owner + 1. */
  private readonly before: Uint32Array;

  private constructor(form: PackedForm, text: Buffer, starts: Uint32Array) {
    this.form = form;
    this.text = text;
    this.starts = starts;
    this.size = starts.length;
    this.opening = openingOf(form).length;
    this.between = betweenOf(form).length;
    this.byKey = new Uint32Array(placesFor(this.size));
    this.byOwner = new Uint32Array(placesFor(this.size));
    this.before = new Uint32Array(this.size);
  }

  /** In small steps: calls are answered meanwhile. @param starts of the lines in `text`, each of which has the form */
  static async of(form: PackedForm, text: Buffer, starts: Uint32Array): Promise<PackedValues> {
    const values = new PackedValues(form, text, starts);
    const pace = new Pace();
    for (let entry = 0; entry < values.size; entry++) {
      values.enter(entry);
      if (entry % 256 === 0 && pace.isTime()) await pace.pause();
    }
    return values;
  }

  private enter(entry: number): void {
    const key = this.keyStart(entry);
    const keyEnd = this.end(key);
    let at = this.hashOfText(key, keyEnd) & (this.byKey.length - 1);
    while (this.byKey[at]) at = (at + 1) & (this.byKey.length - 1);
    this.byKey[at] = entry + 1;
    const owner = keyEnd + this.between;
    const ownerEnd = this.end(owner);
    const mask = this.byOwner.length - 1;
    at = this.hashOfText(owner, ownerEnd) & mask;
    for (let other = this.byOwner[at]; other; other = this.byOwner[at]) {
      const start = this.ownerStart(other - 1);
      const same = this.text.compare(this.text, owner, ownerEnd, start, this.end(start)) === 0;
      if (same) break;
      at = (at + 1) & mask;
    }
    this.before[entry] = this.byOwner[at] ?? 0;
    this.byOwner[at] = entry + 1;
  }

  has(key: string): boolean {
    return this.entryOf(key) !== undefined;
  }

  /** The owner of a key. */
  get(key: string): string | undefined {
    const entry = this.entryOf(key);
    return entry === undefined ? undefined : this.ownerAt(entry);
  }

  /** Keys of an owner. */
  *keysOf(owner: string): Generator<string> {
    const wanted = Buffer.from(owner);
    const mask = this.byOwner.length - 1;
    for (let at = hashOf(wanted) & mask; ; at = (at + 1) & mask) {
      const last = this.byOwner[at];
      if (!last) return;
      if (!this.is(wanted, this.ownerStart(last - 1))) continue;
      for (let entry = last; entry; entry = this.before[entry - 1] ?? 0) yield this.keyAt(entry - 1);
      return;
    }
  }

  *entries(): Generator<[key: string, owner: string]> {
    for (let entry = 0; entry < this.size; entry++) yield [this.keyAt(entry), this.ownerAt(entry)];
  }

  /** As it stands in the file, without the line's end. */
  lineOf(key: string, owner: string): string {
    return `${openingOf(this.form)}${key}${betweenOf(this.form)}${owner}"}`;
  }

  private entryOf(key: string): number | undefined {
    const wanted = Buffer.from(key);
    const mask = this.byKey.length - 1;
    for (let at = hashOf(wanted) & mask; ; at = (at + 1) & mask) {
      const found = this.byKey[at];
      if (!found) return undefined;
      if (this.is(wanted, this.keyStart(found - 1))) return found - 1;
    }
  }

  private is(wanted: Buffer, start: number): boolean {
    const end = start + wanted.length;
    return this.text[end] === quote && this.text.compare(wanted, 0, wanted.length, start, end) === 0;
  }

  private keyStart(entry: number): number {
    return (this.starts[entry] ?? 0) + this.opening;
  }

  private ownerStart(entry: number): number {
    return this.end(this.keyStart(entry)) + this.between;
  }

  private keyAt(entry: number): string {
    const start = this.keyStart(entry);
    return this.text.toString("utf8", start, this.end(start));
  }

  private ownerAt(entry: number): string {
    const start = this.ownerStart(entry);
    return this.text.toString("utf8", start, this.end(start));
  }

  /** Of a string without escapes: its closing quote. */
  private end(start: number): number {
    let at = start;
    while (this.text[at] !== quote) at++;
    return at;
  }

  private hashOfText(start: number, end: number): number {
    let hash = hashStart;
    for (let at = start; at < end; at++) hash = hashed(hash, this.text[at] ?? 0);
    return hash >>> 0;
  }
}

const openingOf = ({ kind, key }: PackedForm): string => `{"t":"${kind}","${key}":"`;
const betweenOf = ({ owner }: PackedForm): string => `","${owner}":"`;

/** Tells of the line in `text` from `start` to `end` whether it has the form, with nothing escaped in it. */
export function packedTest(form: PackedForm): (text: Buffer, start: number, end: number) => boolean {
  const opening = Buffer.from(openingOf(form));
  const between = Buffer.from(betweenOf(form));
  const stringEnd = (text: Buffer, start: number, end: number): number => {
    let at = start;
    while (at < end && text[at] !== quote && text[at] !== backslash) at++;
    return at;
  };
  const follows = (text: Buffer, start: number, bytes: Buffer): boolean => {
    for (let at = 0; at < bytes.length; at++) if (text[start + at] !== bytes[at]) return false;
    return true;
  };
  return (text, start, end) => {
    if (end - start < opening.length + between.length + 2 || !follows(text, start, opening)) return false;
    const keyEnd = stringEnd(text, start + opening.length, end);
    if (!follows(text, keyEnd, between)) return false;
    const ownerEnd = stringEnd(text, keyEnd + between.length, end);
    return ownerEnd === end - 2 && text[ownerEnd] === quote && text[ownerEnd + 1] === 0x7d;
  };
}
