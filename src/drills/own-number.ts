import { randomInt } from "node:crypto";

/**
 * A number to call that no other session of a lab has: their records would be taken for one another's. Six digits met
 * after some hundred drills.
 */
export const ownNumber = (prefix: string): string => `${prefix}${randomInt(10 ** 11, 10 ** 12)}`;
