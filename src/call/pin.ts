import type { CallEvent } from "./contract.ts";

/** Digits behind a star code's number may be a PIN (`*11*1001*1234#`): no journal has them. Kamailio's are as sip/auth.cfg writes them. */

const star = "(?:\\*|%2A)";
const dialled = new RegExp(
  `^((?:[^:@<]*<?sips?:)?(?:[*#]|%2[3A])(?:[0-9#]|%23)+${star}[A-Za-z0-9+_.~%-]+?${star})[0-9]{4,}(?=(?:#|%23)?(?:[@;>]|$))`,
  "i",
);

/** A number or address as it was dialled, with PIN in the place of one. Pure. */
export const withoutPin = (text: string): string => text.replace(dialled, "$1PIN");

/** The same of an event. Pure. */
export function eventWithoutPin(event: CallEvent): CallEvent {
  const [to, target] = [withoutPin(event.to), withoutPin(event.target)];
  return to === event.to && target === event.target ? event : { ...event, to, target };
}
