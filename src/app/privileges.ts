import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import { runFiles } from "../cluster/facts.ts";
import { appUser, type Identity, identityIn } from "../host/identity.ts";
import { captureFolders, recordingPlaces } from "../recordings/capture-files.ts";
import type { Events } from "../telemetry/log.ts";
import { appFiles } from "./context.ts";

const chownTree = (path: string, { uid, gid }: Identity): void => {
  if (!existsSync(path)) return;
  chownSync(path, uid, gid);
  for (const name of readdirSync(path)) chownSync(join(path, name), uid, gid);
};

/** rtpengine's folders for captures: its own, and its group (this app) may remove what has been used. */
function shareCaptures(captures: string, { uid, gid }: Identity): void {
  for (const path of [captures, ...captureFolders.map((name) => join(captures, name))]) {
    mkdirSync(path, { recursive: true });
    chownSync(path, uid, gid);
    chmodSync(path, 0o770);
  }
}

/**
 * Gives up root for the user `dialtone`, with Kamailio's group so that its journal can be read. Where that user
 * does not exist, or could not read this program's own files, root is kept and the log says why.
 */
export function dropPrivileges(context: HostContext, events: Events): void {
  if (process.geteuid?.() !== 0) return;
  const passwd = readFileSync("/etc/passwd", "utf8");
  const identity = identityIn(passwd, appUser);
  if (!identity) {
    events.privilegesKept(`there is no system user ${appUser}`);
    return;
  }
  const relay = identityIn(passwd, "rtpengine");
  const groups = [identity.gid, identityIn(passwd, "kamailio")?.gid, relay?.gid].filter(
    (gid) => gid !== undefined,
  );
  if (relay) shareCaptures(context.dirs.captures, relay);

  const files = appFiles(context);
  const { root, store, work } = recordingPlaces(context.dirs);
  for (const path of [
    ...[context.dirs.app, files.httpJournal, join(context.dirs.journal, "quarantine")],
    ...[root, store, work],
  ])
    chownTree(path, identity);
  const socket = runFiles(context.dirs).appSocket;
  chownSync(socket, 0, identity.gid);
  chmodSync(socket, 0o660);

  const fault = asUser(identity, groups, () => {
    // Modules may be loaded later, so the checkout must be readable. access(2) asks for the real user: open instead.
    closeSync(openSync(new URL("../../package.json", import.meta.url), "r"));
    for (const directory of [context.dirs.app, files.httpJournal]) {
      const probe = join(directory, ".writable");
      closeSync(openSync(probe, "w"));
      unlinkSync(probe);
    }
    if (existsSync(files.sipJournal)) readdirSync(files.sipJournal);
  });
  if (fault !== undefined) {
    events.privilegesKept(fault);
    return;
  }
  process.setgroups?.(groups);
  process.setgid?.(identity.gid);
  process.setuid?.(identity.uid);
  events.privilegesDropped(appUser);
}

/** Tries something with a user's effective rights, then takes root's back. */
function asUser({ uid, gid }: Identity, groups: number[], attempt: () => void): string | undefined {
  const before = process.getgroups?.() ?? [];
  process.setgroups?.(groups);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(before);
  }
}
