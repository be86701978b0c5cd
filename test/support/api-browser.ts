import type { HostContext } from "../../src/cluster/facts.ts";
import { HttpClient } from "../../src/http/client.ts";

/** How browsers reach an app. */
export interface Door {
  client: HttpClient;
  origin: string;
}

export function doorOf({ self, cluster, secrets }: HostContext): Door {
  const origin = `https://${self.address}:${cluster.api.port}`;
  return { origin, client: new HttpClient({ name: "the app", origin, tls: { ca: secrets.tls.ca } }) };
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What a browser does with the API: keeps its cookie, says where its requests are made. */
export class ApiBrowser {
  private readonly door: Door;
  cookie = "";
  csrf = "";
  attributes = "";
  /** Cookies beside that of the login, by name. */
  readonly others = new Map<string, string>();

  constructor(door: Door) {
    this.door = door;
  }

  async ask(method: Method, path: string, body?: unknown, more: Record<string, string> = {}) {
    const headers = {
      origin: this.door.origin,
      "sec-fetch-site": "same-origin",
      ...this.cookies(),
      ...(this.csrf && { "x-dialtone-csrf": this.csrf }),
      ...more,
    };
    const answer = await this.door.client.open({ method, path, body, headers });
    const text = await answer.body.text();
    for (const set of [answer.headers["set-cookie"] ?? []].flat()) this.keep(set);
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    const said = JSON.parse(text || "null") as any;
    const csrf = said?.csrf ?? said?.session?.csrf;
    if (answer.status === 200 && csrf) this.csrf = csrf;
    return { status: answer.status, body: said, headers: answer.headers };
  }

  cookies(): Record<string, string> {
    const all = [this.cookie, ...this.others.values()].filter((one) => one !== "");
    return all.length === 0 ? {} : { cookie: all.join("; ") };
  }

  keep(set: string): void {
    const [pair = ""] = set.split(";");
    const [name = ""] = pair.split("=");
    if (name === "__Host-dialtone") {
      this.attributes = set;
      this.cookie = pair;
    } else this.others.set(name, pair);
  }

  login = (name: string, password: string, code?: string) =>
    this.ask("POST", "/v1/session", { name, password, code });
}
