/** Users of this system that we know by name. */

/** The system user that the app becomes after it has bound its ports. */
export const appUser = "dialtone";

export interface Identity {
  uid: number;
  gid: number;
}

/** Reads one entry of passwd(5) text. Pure. */
export function identityIn(passwd: string, user: string): Identity | undefined {
  const cells = passwd.split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = cells.find(([name]) => name === user) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
