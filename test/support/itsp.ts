import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openLab } from "../../src/lab/lab.ts";
import { outsideHost } from "../../src/lab/names.ts";

/** Carriers outside of a lab: itsp.cfg. */

export interface ItspOptions {
  lab: string;
  /** All of them listen at port 5070. */
  addresses: readonly string[];
  /** Of these the one that wants user acme with the password secret. */
  digest: string;
  /** host:port of the telephone that they all lead to. */
  phone: string;
}

/** What one of them did with a request. */
interface Deed {
  what: "silent" | "refused" | "answered" | "registered";
  callId: string;
  address: string;
  rest: string;
}

export interface Itsp {
  /** All that they did so far, in order. */
  deeds(): Promise<Deed[]>;
  /** From now on: says nothing, answers each INVITE with a code, or is well. */
  set(address: string, mode: "silent" | "well" | number): Promise<void>;
}

export const itspPort = 5070;

/** They end with the lab. */
export async function startItsp({ lab: name, addresses, digest, phone }: ItspOptions): Promise<Itsp> {
  const lab = openLab(name);
  const directory = join(lab.paths.root, "itsp");
  await mkdir(directory, { recursive: true });
  const control = join(directory, "ctl");
  const file = join(directory, "kamailio.cfg");
  const log = join(directory, "log");
  const text = await readFile(new URL("itsp.cfg", import.meta.url), "utf8");
  const listen = addresses.map((address) => `listen=udp:${address}:${itspPort}`).join("\n");
  await writeFile(
    file,
    text
      .replace("# LISTEN", listen)
      .replaceAll("PHONE", phone)
      .replaceAll("DIGEST", digest)
      .replaceAll("CONTROL", control),
  );
  const words = ["kamailio", "-f", file, "-DD", "-E", "-m", "32", "-M", "8", "-Y", directory];
  await lab.startExtra("itsp", outsideHost, [...words, "-P", join(directory, "pid")], log);
  return {
    deeds: async () => {
      const lines = (await readFile(log, "utf8")).split("\n");
      return lines.flatMap((line) => {
        const found = /itsp (silent|refused|answered|registered) (\S+) (\S+) ?(.*)$/.exec(line);
        if (!found) return [];
        const [, what, callId = "", address = "", rest = ""] = found;
        return [{ what: what as Deed["what"], callId, address, rest }];
      });
    },
    set: async (address, mode) => {
      const words = mode === "well" ? ["delete", "mode", address] : ["sets", "mode", address, `${mode}`];
      const [verb = "", ...parameters] = words;
      const command = ["kamcmd", "-s", `unix:${control}`, `htable.${verb}`, ...parameters];
      const { code, stderr } = await lab.exec(outsideHost, command);
      if (code !== 0) throw new Error(`the carriers do not obey: ${stderr}`);
    },
  };
}
