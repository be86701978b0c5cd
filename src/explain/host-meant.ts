import type { HostReport } from "../report/host-report.ts";

type Known = Pick<HostReport, "host" | "role" | "holds">;

/**
 * The host that a person means: its name, or `holder` (of the service address), or `standby` (the first data node that
 * does not hold it). Pure.
 * @throws Error that says who there is when nobody, or more than one, fits.
 */
export function hostMeant(word: string, reports: readonly Known[]): string {
  if (word !== "holder" && word !== "standby") return word;
  const nodes = reports.filter(({ role }) => role === "node");
  const [holder, another] = nodes.filter(({ holds }) => holds);
  if (!holder || another)
    throw new Error(
      holder
        ? `${holder.host} and ${another?.host} both hold the service address now: name the host`
        : `nobody is seen to hold the service address now: name the host`,
    );
  if (word === "holder") return holder.host;
  const standby = nodes.find(({ holds }) => !holds);
  if (!standby) throw new Error(`no node but ${holder.host} is heard: there is no standby now`);
  return standby.host;
}
