import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { ask, credentials } from "./client.ts";
import { ApiProblem } from "./problem.ts";

/** From the most to the least; `user` is a person with a telephone, without a say in the service. */
export const roles = ["administrator", "operator", "auditor", "user"] as const;
export type Role = (typeof roles)[number];

export interface Person {
  name: string;
  /** As people write it; may be empty. */
  display?: string;
  role: Role;
  /** The telephone user that this person is. */
  user?: string;
  /** What it is limited to; missing: everything. */
  scope?: { sites?: string[]; groups?: string[]; numbers?: string[] };
}

export interface Session {
  person: Person;
  csrf: string;
  /** false: the database has no quorum, nothing can be changed now. */
  writable: boolean;
  /** Its role needs a second factor, and nothing else may be done before one is set up. */
  enrol: boolean;
}

export interface Login {
  name: string;
  password: string;
  /** One-time code, when it was asked for. */
  code?: string;
}

/** May a person of this role do what needs at least `least`? Pure. */
export const mayAs = (role: Role, least: Role): boolean => roles.indexOf(role) <= roles.indexOf(least);

interface SessionContext {
  /** undefined: it is being asked; null: nobody is logged in. */
  session: Session | null | undefined;
  /** Was logged in, and is not any more: what is on the page stays. */
  expired: boolean;
  /** Why it is not known who is logged in. */
  fault: ApiProblem | undefined;
  logIn: (login: Login) => Promise<void>;
  logOut: () => Promise<void>;
  /** After a login by other means: passkey, first administrator. */
  refresh: () => Promise<void>;
}

const Context = createContext<SessionContext | undefined>(undefined);

/** The last session that was good: what is on the page stays when it ends, until somebody logs in again. */
let last: Session | undefined;

async function load(): Promise<Session | null> {
  try {
    const { data } = await ask<Session>("GET", "/v1/session");
    credentials.csrf = data.csrf;
    last = data;
    return data;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

/** Keeps who is logged in, for all below. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [expired, setExpired] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["session"],
    queryFn: load,
    staleTime: 60_000,
    retry: (count, fault) => count < 20 && fault instanceof ApiProblem && fault.status === 0,
  });
  const over = data === null && last !== undefined;
  const session = over ? last : data;

  useEffect(() => {
    credentials.expired = () => {
      if (last) setExpired(true);
    };
    credentials.doubt = () => void refetch();
  }, [refetch]);

  const refresh = useCallback(async () => {
    await refetch({ throwOnError: true });
    setExpired(false);
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  }, [refetch, queries]);

  const value = useMemo<SessionContext>(
    () => ({
      session,
      expired: expired || over,
      fault: error instanceof ApiProblem ? error : undefined,
      refresh,
      logIn: async (login) => {
        await ask("POST", "/v1/session", { body: login });
        await refresh();
      },
      logOut: async () => {
        await ask("DELETE", "/v1/session");
        credentials.csrf = undefined;
        last = undefined;
        queries.clear();
        location.assign("/console/");
      },
    }),
    [session, expired, over, error, refresh, queries],
  );
  return <Context value={value}>{children}</Context>;
}

export function useSessionState(): SessionContext {
  const found = useContext(Context);
  if (!found) throw new Error("useSessionState outside of SessionProvider");
  return found;
}

/** The session of whoever is logged in. Pages are shown to nobody else. */
export function useSession(): Session & { may: (least: Role) => boolean } {
  const { session } = useSessionState();
  if (!session) throw new Error("a page is shown though nobody is logged in");
  return { ...session, may: (least) => mayAs(session.person.role, least) };
}
