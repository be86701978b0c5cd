import { useSyncExternalStore } from "react";
import { answer, api } from "../api/client.ts";
import { type CallView, instanceOf, Phone, type PhoneView } from "./phone.ts";

/** The one telephone of this page, which goes on whatever part of the console is shown. */

const off: PhoneView = { registration: "off", why: undefined, calls: [] };

let phone: Phone | undefined;
let view = off;
const listeners = new Set<() => void>();

export interface Past {
  number: string;
  name: string;
  incoming: boolean;
  /** It was answered. */
  answered: boolean;
  at: number;
}

const pastKey = "dialtone-telephone-past";
const pastLength = 20;

/** Calls of this browser, the newest first. */
export function pastCalls(): Past[] {
  try {
    return JSON.parse(localStorage.getItem(pastKey) ?? "[]") as Past[];
  } catch {
    return []; // written by something else: nothing is lost that could not be found in the records
  }
}

function remember({ number, name, incoming, answeredAt, beganAt }: CallView): void {
  const call = { number, name, incoming, answered: answeredAt !== undefined, at: beganAt };
  localStorage.setItem(pastKey, JSON.stringify([call, ...pastCalls()].slice(0, pastLength)));
}

function changed(next: PhoneView): void {
  for (const call of next.calls)
    if (call.phase === "ended" && view.calls.some(({ id, phase }) => id === call.id && phase !== "ended"))
      remember(call);
  view = next;
  for (const listener of listeners) listener();
}

/** @throws ApiProblem when there is no telephone for whoever is logged in */
export async function startPhone(): Promise<void> {
  phone ??= new Phone({
    url: `wss://${location.host}/ws`,
    credential: () => answer(api.GET("/v1/phone/credential", { params: { query: {} } })),
    instance: instanceOf(localStorage),
    changed,
  });
  try {
    await phone.start();
  } catch (error) {
    stopPhone();
    throw error;
  }
}

export function stopPhone(): void {
  phone?.stop();
  phone = undefined;
  changed(off);
}

export const usePhone = (): { phone: Phone | undefined; view: PhoneView } => ({
  view: useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => view,
  ),
  phone,
});
