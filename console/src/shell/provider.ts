import { ask } from "../api/client.ts";

/** Logging in by an identity provider (docs/access.md): there and back. */

/** What the service waits for from the page on which a provider's login ends, wherever that is open. */
const doneChannel = "dialtone.login";
const backKey = "dialtone.back";

const begin = async (path: string, provider: string, window: boolean): Promise<string> =>
  (await ask<{ url: string }>("POST", path, { body: { provider, window } })).data.url;

/** Leaves this page for the provider; the page that is open now is opened again afterwards. @throws ApiProblem */
export async function leaveFor(provider: string): Promise<void> {
  const url = await begin("/v1/session/provider/begin", provider, false);
  sessionStorage.setItem(backKey, location.pathname + location.search);
  location.assign(url);
}

/** Opens the provider in a window of its own: what is typed on this page stays. Call it where somebody clicked. @throws ApiProblem */
export async function openFor(provider: string, path: string): Promise<void> {
  // Opened at once: later it would be taken for one that nobody wanted.
  const opened = window.open("", "dialtone-login", "popup,width=520,height=680");
  try {
    const url = await begin(path, provider, opened !== null);
    if (opened) opened.location.href = url;
    else location.assign(url);
  } catch (error) {
    opened?.close();
    throw error;
  }
}

/** @returns what ends the listening */
export function onDone(told: () => void): () => void {
  const channel = new BroadcastChannel(doneChannel);
  channel.onmessage = told;
  return () => channel.close();
}

export function tellDone(): void {
  const channel = new BroadcastChannel(doneChannel);
  channel.postMessage("done");
  channel.close();
}

/** Where somebody was who left for a provider: a page of the console and nothing else. */
export function wayBack(): string {
  const path = sessionStorage.getItem(backKey);
  sessionStorage.removeItem(backKey);
  return path?.startsWith("/console/") === true && !path.startsWith("/console/login/") ? path : "/console/";
}
