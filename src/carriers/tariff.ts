/** What a minute costs and how time is counted. Money in micros (money.ts), times in whole seconds. */
export interface Tariff {
  perMinute: number;
  /** For the connection, once. */
  fee: number;
  /** The first so many seconds are charged whole, then each begun `next`. */
  first: number;
  next: number;
  /** At least so many seconds are charged. */
  minimum: number;
}

/** Seconds that are charged for an answered call. Pure. @param ms from answer to end */
export function billedSeconds({ first, next, minimum }: Tariff, ms: number): number {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const counted = seconds <= first ? first : first + Math.ceil((seconds - first) / next) * next;
  return Math.max(counted, minimum);
}

/** What so many charged seconds cost with the connection, rounded half up to a micro. Pure. */
export const costOf = ({ perMinute, fee }: Tariff, billed: number): number =>
  fee + Math.floor((perMinute * billed + 30) / 60);
