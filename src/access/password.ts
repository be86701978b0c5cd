import { argon2 as argon2Callback, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import PQueue from "p-queue";

/** Passwords of people: argon2id (RFC 9106) with the parameters of OWASP's cheat sheet, 19 MiB and some 50 ms each, kept as PHC strings. */

const argon2 = promisify(argon2Callback);

interface Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

const cost: Cost = { memory: 19_456, passes: 2, parallelism: 1 };

/** One at a time: threads and memory are the calls'. More than this wait: then nobody's is looked at. */
const queue = new PQueue({ concurrency: 1 });
const mostWaiting = 50;

/** Too many are being looked at. */
export class TooBusy extends Error {}

async function derived(
  password: string,
  salt: Buffer,
  { memory, passes, parallelism }: Cost,
  length: number,
) {
  if (queue.size >= mostWaiting) throw new TooBusy(`${mostWaiting} passwords wait to be looked at`);
  // The same letter may be written in two ways (NIST SP 800-63B 5.1.1.2).
  const message = password.normalize("NFKC");
  return await queue.add(() =>
    argon2("argon2id", { message, nonce: salt, memory, passes, parallelism, tagLength: length }),
  );
}

const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

/** @throws TooBusy */
export async function hashedPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derived(password, salt, cost, 32);
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** What nobody's password is compared with, so that it takes as long as somebody's: random, so that none fits. */
const nobodys = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;

/** Takes as long where there is none (`stored` null or undefined), so that nobody learns who has one. @throws TooBusy */
export async function isPassword(password: string, stored: string | null | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, salt = "", hash = ""] = form.exec(stored ?? nobodys) ?? [];
  if (memory === undefined) throw new Error("a stored password is no argon2id hash");
  const known = Buffer.from(hash, "base64");
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const found = await derived(password, Buffer.from(salt, "base64"), parameters, known.length);
  return timingSafeEqual(found, known);
}
