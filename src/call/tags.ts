import type { Tags } from "./contract.ts";

/** What no tag is called: the number that was meant, where another one was dialled. */
const meantName = "=";

/**
 * A rule's name and the decision's tags as one field, which goes through Kamailio as the rule does: `night?team=sales&queue=2`. No
 * name of a rule has a question mark. So does the number that was meant.
 */
export const withTags = (rule: string, tags: Tags | undefined, meant?: string): string => {
  if (!tags && meant === undefined) return rule;
  const params = new URLSearchParams(tags);
  if (meant !== undefined) params.append(meantName, meant);
  const text = params.toString();
  return text === "" ? rule : `${rule}?${text}`;
};

/** The same again. Whatever is no tag is left out: an end event's may have been cut. Pure. */
export function ruleAndTags(field: string): { rule: string; tags?: Tags; meant?: string } {
  const at = field.indexOf("?");
  if (at < 0) return { rule: field };
  const params = new URLSearchParams(field.slice(at + 1));
  const found = [...params].filter(
    ([name, value]) =>
      /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name) && /^[A-Za-z0-9 _.:+@/-]{0,64}$/.test(value),
  );
  const meant = /^\+?[A-Za-z0-9*#_.~-]{1,64}$/.exec(params.get(meantName) ?? "")?.[0];
  return {
    rule: field.slice(0, at),
    ...(found.length > 0 && { tags: Object.fromEntries(found) }),
    ...(meant !== undefined && { meant }),
  };
}
