import { messageOf } from "../base/message.ts";
import { type Answer, answerOf } from "../call/answer.ts";
import type { Question } from "../call/contract.ts";
import type { DeskKeeper } from "../directory/desk-keeper.ts";
import type { FeatureKeeper } from "../directory/feature-keeper.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import type { Consultation } from "./consultation-schema.ts";
import type { ScriptHost } from "./script-host.ts";
import type { Script } from "./script-schema.ts";
import type { WebApplications } from "./web-applications.ts";

/** Whoever is named by a rule: scripts and web applications; and whoever carries out star codes. What they do never keeps a call waiting for long. */
export class Others {
  private readonly scripts: ScriptHost;
  private readonly web: WebApplications;
  private readonly features: Pick<FeatureKeeper, "obey">;
  private readonly desks: Pick<DeskKeeper, "obey">;
  private readonly users: () => { get(name: string): UserEntry | undefined };
  private readonly known: () => { get(name: string): Script | undefined };

  /** @param users the users of now, by name
   * @param known the scripts of now, by name */
  constructor(
    scripts: ScriptHost,
    web: WebApplications,
    features: Pick<FeatureKeeper, "obey">,
    desks: Pick<DeskKeeper, "obey">,
    users: () => { get(name: string): UserEntry | undefined },
    known: () => { get(name: string): Script | undefined; values(): Iterable<Script> },
  ) {
    this.scripts = scripts;
    this.web = web;
    this.features = features;
    this.desks = desks;
    this.users = users;
    this.known = () => {
      const now = known();
      scripts.use(now);
      return now;
    };
  }

  /** What they say of the call; `next` when they do not say anything that can be used, which has been told. Never throws. */
  async answer({ rule, action }: Consultation, question: Question): Promise<Answer> {
    if (action.type === "feature") {
      const { user = "" } = question;
      return await this.features.obey(user, action, this.users().get(user)?.features);
    }
    if (action.type === "desk") {
      const { user = "", phone } = question;
      return await this.desks.obey(phone ?? user, action, phone === undefined ? undefined : user);
    }
    if (action.type === "ask") return await this.web.answer(rule, action, question);
    const script = this.known().get(action.script);
    if (!script?.enabled) return { action: "next" };
    const call = { ...question, time: question.time ?? new Date().toISOString() };
    let said: unknown;
    try {
      said = await this.scripts.decide(script, call);
    } catch {
      // Told by the host of the scripts; the next rule decides.
      return { action: "next" };
    }
    try {
      const answer = answerOf(said ?? { action: "next" });
      this.scripts.praise(script.name);
      return answer;
    } catch (error) {
      this.scripts.blame(script.name, question.call_id, "error", messageOf(error));
      return { action: "next" };
    }
  }
}
