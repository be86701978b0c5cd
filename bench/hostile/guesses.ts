import { token } from "../../src/sip/message.ts";
import { openUdp } from "../../src/sip/transport.ts";
import { Registration } from "../../src/sip/user-agent/registration.ts";
import { UserAgent } from "../../src/sip/user-agent/user-agent.ts";
import type { Result } from "./worker.ts";

export interface Guessing {
  service: string;
  source: string;
  /** Names that exist. */
  users: readonly [string, ...string[]];
  /** At most so many guesses. */
  tries: number;
}

const answerMs = 1500;

/**
 * As the scanners do it (SIPVicious: svwar, svcrack): which names exist, by REGISTER and by INVITE, then passwords, until
 * nothing is answered any more.
 */
export async function guess({ service, source, users, tries }: Guessing): Promise<Result> {
  const transport = await openUdp({ address: source, port: 0 }, "latin1");
  const contact = `<sip:x@${source}:${transport.local.port}>`;
  const agent = new UserAgent({ transport, contact, outbound: { address: service, port: 5060 } });
  const answers: Record<string, number> = {};
  const wrong: string[] = [];
  let sent = 0;
  const count = (what: string) => {
    answers[what] = (answers[what] ?? 0) + 1;
  };
  const register = async (name: string, password: string): Promise<number> => {
    const where = { registrar: `sip:${service}`, aor: `sip:${name}@${service}`, contact };
    const registration = new Registration(agent, where, { user: name, password });
    sent++;
    const answer = await registration.register(60, AbortSignal.timeout(answerMs)).catch(() => undefined);
    return answer?.code ?? 0;
  };
  let silent = 0;
  for (let n = 0; n < tries && silent < 3; n++) {
    // Every other name exists.
    const [name, kind] = n % 2 === 0 ? [users[n % users.length] ?? "", "a name"] : [`9${n}`, "nobody's name"];
    const code = await register(name, token());
    count(code === 0 ? "silence" : `${code} for ${kind}`);
    if (code === 200) wrong.push(`registered as ${name}`);
    silent = code === 0 ? silent + 1 : 0;
  }
  if (silent < 3) wrong.push(`still answered after ${sent} guesses`);
  agent.close();
  return { sent, answers, wrong };
}
