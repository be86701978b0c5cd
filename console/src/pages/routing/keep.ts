import { answer, answered, api, ifMatch } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import { isDocument, sameValue } from "./documents.ts";

/** Putting documents into a draft that others may work on too. */

/** Somebody changed the same thing in the draft since it was looked at. */
export class ChangedMeanwhile extends Error {
  /** As it is now; undefined: removed. */
  readonly theirs: unknown;

  constructor(theirs: unknown) {
    super("somebody else changed this meanwhile");
    this.theirs = theirs;
  }
}

const draftOf = (name: string) => answer(api.GET("/v1/drafts/{name}", { params: { path: { name } } }));

/** What of a draft is at this place; undefined: the draft does not touch it. */
async function inDraft(draft: string, part: string, key: string) {
  const { draft: head, changes } = await draftOf(draft);
  const change = changes.find((one) => one.part === part && one.key === key);
  return { revision: head.revision, document: change === undefined ? undefined : { after: change.after } };
}

/**
 * Puts one document into a draft, if nobody changed the same there since `seen` was looked at; other changes of the draft do not matter.
 * @param seen what the draft had there: undefined: nothing @param document null: remove it
 * @throws ChangedMeanwhile, or ApiProblem with paths within the document
 */
export async function putIntoDraft(
  draft: string,
  part: string,
  key: string,
  seen: unknown,
  document: unknown,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { revision, document: there } = await inDraft(draft, part, key);
    const now = there?.after;
    if (!sameValue(now ?? null, seen ?? null) && !sameValue(now ?? null, document))
      throw new ChangedMeanwhile(isDocument(now) ? now : undefined);
    try {
      await answer(
        api.POST("/v1/drafts/{name}/changes", {
          params: { path: { name: draft } },
          body: { revision, changes: [{ part, key, document }] },
        }),
      );
      return;
    } catch (error) {
      // Somebody was quicker, perhaps with something else.
      if (!(error instanceof ApiProblem && error.code === "conflict") || attempt >= 4) throw error;
    }
  }
}

/**
 * Changes a rule that decides at once, if nobody changed it since it was `base`.
 * @param document null: remove it @throws ChangedMeanwhile, ApiProblem
 */
export async function putLive(name: string, base: unknown, document: unknown): Promise<void> {
  const params = { path: { name } };
  for (let attempt = 0; ; attempt++) {
    const { data, etag } = await answered(api.GET("/v1/routes/{name}", { params }));
    const { name: _, ...now } = data as Record<string, unknown>;
    if (!sameValue(now, base) && !sameValue(now, document)) throw new ChangedMeanwhile(now);
    const headers = ifMatch(etag);
    try {
      if (document === null) await answer(api.DELETE("/v1/routes/{name}", { params, headers }));
      else await answer(api.PUT("/v1/routes/{name}", { params, headers, body: document as never }));
      return;
    } catch (error) {
      // Somebody was quicker, perhaps with the same.
      if (!(error instanceof ApiProblem && error.status === 412) || attempt >= 4) throw error;
    }
  }
}
