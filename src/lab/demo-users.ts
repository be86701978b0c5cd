import { readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { labRoot } from "./names.ts";

/**
 * The lab makes users with generated passwords and keeps these in a file of its own (mode 0600), because the service
 * itself only stores digests: so that `dialtone call` and the lab's telephones can prove who they are.
 */
const demoUsersSchema = z.record(z.string(), z.string());

const fileOf = (lab: string): string => join(labRoot(lab), "demo-users.json");

/** User → password of a lab's demonstration users; empty when it has none. @throws Error when unreadable. */
export function readDemoUsers(lab: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(fileOf(lab), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  return demoUsersSchema.parse(JSON.parse(text));
}

export const writeDemoUsers = (lab: string, users: Record<string, string>): Promise<void> =>
  writeFileAtomic(fileOf(lab), `${JSON.stringify(users, null, 2)}\n`, { mode: 0o600 });
