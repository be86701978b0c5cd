import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostContext } from "../cluster/facts.ts";
import { listCaptures, recordingPlaces } from "./capture-files.ts";
import { digestOf } from "./digest.ts";
import type { RecordingFile } from "./recording-schema.ts";

const idPattern = /^[0-9a-f]{32}$/;

/** The recordings and captures of this host's disk. */
export class RecordingFiles {
  readonly captures: string;
  readonly places: ReturnType<typeof recordingPlaces>;

  constructor({ dirs }: HostContext) {
    this.captures = dirs.captures;
    this.places = recordingPlaces(dirs);
  }

  /** @param id 32 hexadecimal digits. @throws Error on anything else: it becomes part of a path. */
  folder(id: string): string {
    if (!idPattern.test(id)) throw new Error(`${id} is no id of a recording`);
    return join(this.places.store, id.slice(0, 2), id);
  }

  /** A directory for work on one recording, empty; what an earlier attempt left there is removed. */
  async workspace(id: string, purpose: string): Promise<string> {
    const path = join(this.places.work, `${purpose}-${id}`);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true, mode: 0o750 });
    return path;
  }

  /** Removes what was being made when this host's app ended. */
  async clearWork(): Promise<void> {
    await rm(this.places.work, { recursive: true, force: true });
    await mkdir(this.places.work, { recursive: true, mode: 0o750 });
  }

  /** Puts finished files in their place, each whole or not at all, on disk when this returns. */
  async install(id: string, from: string, files: readonly RecordingFile[]): Promise<void> {
    const folder = this.folder(id);
    await mkdir(folder, { recursive: true, mode: 0o750 });
    for (const { name } of files) {
      const source = join(from, name);
      await using handle = await open(source, "r+");
      await handle.sync();
      await rename(source, join(folder, name));
    }
    const wanted = new Set(files.map((file) => file.name));
    for (const name of await readdir(folder)) if (!wanted.has(name)) await rm(join(folder, name));
    await using directory = await open(folder, "r");
    await directory.sync();
  }

  /** Are all these files here, with these very digests? */
  async has(id: string, files: readonly RecordingFile[]): Promise<boolean> {
    for (const { name, size, sha256 } of files) {
      const path = join(this.folder(id), name);
      if (!existsSync(path) || (await stat(path)).size !== size || (await digestOf(path)) !== sha256)
        return false;
    }
    return true;
  }

  /** @returns the names of the removed files. */
  async remove(id: string): Promise<string[]> {
    const folder = this.folder(id);
    if (!existsSync(folder)) return [];
    const names = await readdir(folder);
    await rm(folder, { recursive: true });
    return names;
  }

  async capturesOf(callId: string) {
    const all = await listCaptures(this.captures);
    return all.filter((file) => file.callId === callId);
  }

  /** Removes all captures of a call. @returns their names. */
  async removeCaptures(callId: string): Promise<string[]> {
    const paths = (await this.capturesOf(callId)).map((file) => file.path);
    for (const path of paths) await rm(join(this.captures, path), { force: true });
    return paths;
  }

  /** Removes a workspace. */
  async clear(workspace: string): Promise<void> {
    await rm(workspace, { recursive: true, force: true });
  }
}
