import { useSyncExternalStore } from "react";
import { type CallView, off, type PhoneView } from "./view.ts";

/** What the one telephone of this page shows, for whoever shows it; small, for every page does (shell/telephone.tsx). */

let view = off;
const listeners = new Set<() => void>();

export function show(next: PhoneView): PhoneView {
  const before = view;
  view = next;
  for (const listener of listeners) listener();
  return before;
}

export const usePhoneView = (): PhoneView =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => view,
  );

const onKey = "dialtone-telephone-on";

/** This tab is a telephone, also after it was loaded anew. */
export const isOn = (): boolean => sessionStorage.getItem(onKey) === "1";

export function remain(on: boolean): void {
  if (on) sessionStorage.setItem(onKey, "1");
  else sessionStorage.removeItem(onKey);
}

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

export function remember({ number, name, incoming, answeredAt, beganAt }: CallView): void {
  const call = { number, name, incoming, answered: answeredAt !== undefined, at: beganAt };
  localStorage.setItem(pastKey, JSON.stringify([call, ...pastCalls()].slice(0, pastLength)));
}
