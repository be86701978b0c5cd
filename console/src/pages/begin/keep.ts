import { useCallback, useState } from "react";
import { ask, edit } from "../../api/client.ts";
import { ApiProblem, mayAskAgain, messageOf } from "../../api/problem.ts";
import { fieldOf } from "../../kit/field-errors.ts";

/** What was typed stays over a reload, and what is sent gets there although a host dies meanwhile. Secrets are not kept. */

const keyOf = (step: string): string => `dialtone.begin.${step}`;

/** @param initial what is proposed; `save` remembers what was typed, undefined forgets it */
export function useTyped<Values extends object>(
  step: string,
  initial: Values,
): [Values, (values: Values | undefined) => void] {
  const [typed] = useState<Values>(() => {
    try {
      return { ...initial, ...(JSON.parse(sessionStorage.getItem(keyOf(step)) ?? "{}") as Partial<Values>) };
    } catch {
      return initial; // written by something else
    }
  });
  const save = useCallback(
    (values: Values | undefined) => {
      if (values === undefined) sessionStorage.removeItem(keyOf(step));
      else sessionStorage.setItem(keyOf(step), JSON.stringify(values));
    },
    [step],
  );
  return [typed, save];
}

const patienceMs = 20_000;
const againMs = 500;

/** Asks again while no app answers: a takeover lasts less. For what may be said twice. @throws ApiProblem */
async function stubborn<T>(question: () => Promise<T>): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!mayAskAgain(error) || performance.now() > until) throw error;
      await new Promise((again) => setTimeout(again, againMs));
    }
  }
}

/** Puts something, over a takeover too. @throws ApiProblem */
export const put = (path: string, body: unknown) => stubborn(() => ask("PUT", path, { body }));

/** As `edit`, over a takeover too. @throws ApiProblem */
export const change = <T>(path: string, to: (now: T) => unknown) => stubborn(() => edit(path, to));

/** Makes something that is not there yet, once. @param list where such things are made: `/v1/users` @throws ApiProblem `exists` */
export function make(list: string, body: unknown): Promise<unknown> {
  const headers = { "idempotency-key": crypto.randomUUID() };
  return stubborn(() => ask("POST", list, { body, headers }));
}

/** What was to be made is there already. */
export const isThere = (error: unknown): boolean => error instanceof ApiProblem && error.code === "exists";

/** What is wrong, by field; what belongs to no field that is shown is `rest`. Pure. */
export function faultsOf(
  error: unknown,
  fields: readonly string[],
): { at: Record<string, string>; rest: string | undefined } {
  const errors = error instanceof ApiProblem ? error.errors : [];
  const at: Record<string, string> = {};
  const elsewhere: string[] = [];
  for (const { path, message } of errors) {
    const field = fields.find((name) => fieldOf(path).split(".")[0] === name);
    if (field) at[field] = message;
    else elsewhere.push(`${path}: ${message}`);
  }
  return { at, rest: errors.length === 0 ? messageOf(error) : elsewhere.join("\n") || undefined };
}
