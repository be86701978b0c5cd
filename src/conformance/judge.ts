import { answerSchema } from "../call/answer.ts";
import { decisionSchema } from "../call/contract.ts";
import type { Case } from "./cases.ts";

/** What came back for one case, or why nothing did. */
export type Seen =
  | { status: number; type: string; text: string; ms: number; closes: boolean }
  | { problem: string; ms: number };

/** Who asks: a rule of ours (`next` is an answer, much has defaults), or a SIP server (the whole decision). */
export type Role = "rule" | "service";

export interface Verdict {
  /** Why the contract is broken; none: it is kept. */
  faults: string[];
  /** What is allowed, but hardly meant. */
  notes: string[];
}

/** Longer answers are not read (consult/web-applications.ts). */
export const maxBytes = 64 * 1024;

/** Paths of fields that the contract does not know, so that they mean nothing: mostly slips of the pen. Pure. */
export function unknownFields(said: unknown, understood: unknown, path = ""): string[] {
  if (Array.isArray(said))
    return said.flatMap((each, index) =>
      unknownFields(each, Array.isArray(understood) ? understood[index] : undefined, `${path}[${index}]`),
    );
  if (typeof said !== "object" || said === null) return [];
  const known: Record<string, unknown> =
    typeof understood === "object" && understood !== null ? { ...understood } : {};
  return Object.entries(said).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return Object.hasOwn(known, key) ? unknownFields(value, known[key], at) : [at];
  });
}

function decisionVerdict(text: string, type: string, role: Role): Verdict {
  const faults: string[] = [];
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type))
    faults.push(`Content-Type is '${type}', not application/json`);
  if (Buffer.byteLength(text) > maxBytes) faults.push(`the answer is longer than ${maxBytes} bytes`);
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { faults: [...faults, `the answer is no JSON: ${text.slice(0, 60)}`], notes: [] };
  }
  const parsed = role === "rule" ? answerSchema.safeParse(said) : decisionSchema.safeParse(said);
  if (!parsed.success)
    return {
      faults: [
        ...faults,
        ...parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the answer"}: ${message}`),
      ],
      notes: [],
    };
  const notes = unknownFields(said, parsed.data).map((path) => `${path}: no field of the contract, ignored`);
  const answer = parsed.data;
  if (answer.action === "reject" && answer.code < 400 && answer.contacts === undefined)
    faults.push(`contacts: a redirection (${answer.code}) says where to`);
  return { faults, notes };
}

/** Did it keep the contract in this case? Pure. @param deadlineMs what comes later is not waited for */
export function judge({ expects }: Case, seen: Seen, role: Role, deadlineMs: number): Verdict {
  if ("problem" in seen) return { faults: [seen.problem], notes: [] };
  const { status, type, text, ms } = seen;
  const late = ms > deadlineMs ? [`the answer took ${Math.round(ms)} ms of ${deadlineMs}`] : [];
  const wrong = (wanted: string): Verdict => ({
    faults: [`status ${status}, not ${wanted}`, ...late],
    notes: [],
  });
  switch (expects) {
    case "decision": {
      if (status !== 200) return wrong("200: every other one counts as a fault of yours");
      const { faults, notes } = decisionVerdict(text, type, role);
      return { faults: [...faults, ...late], notes };
    }
    case "refusal":
      return status >= 400 && status <= 499 ? { faults: late, notes: [] } : wrong("4xx");
    case "stranger-refused":
      return status === 401 || status === 403 ? { faults: late, notes: [] } : wrong("401 or 403");
    case "accepted":
      return status >= 200 && status <= 299 ? { faults: late, notes: [] } : wrong("2xx");
  }
}
