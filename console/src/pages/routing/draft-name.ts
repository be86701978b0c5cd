import { useSyncExternalStore } from "react";

/** The draft that this browser tab looks at; undefined: the rules that decide now. It stays through the pages of routing. */

const key = "dialtone.draft";
const listeners = new Set<() => void>();

export function chooseDraft(name: string | undefined): void {
  if (name === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, name);
  for (const each of listeners) each();
}

export const useDraftName = (): string | undefined =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => sessionStorage.getItem(key) ?? undefined,
  );
