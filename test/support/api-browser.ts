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

  constructor(door: Door) {
    this.door = door;
  }

  async ask(method: Method, path: string, body?: unknown, more: Record<string, string> = {}) {
    const headers = {
      origin: this.door.origin,
      "sec-fetch-site": "same-origin",
      ...(this.cookie && { cookie: this.cookie }),
      ...(this.csrf && { "x-dialtone-csrf": this.csrf }),
      ...more,
    };
    const answer = await this.door.client.open({ method, path, body, headers });
    const text = await answer.body.text();
    const set = [answer.headers["set-cookie"] ?? []].flat()[0];
    if (set !== undefined) {
      this.attributes = set;
      this.cookie = set.split(";")[0] ?? "";
    }
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    const said = JSON.parse(text || "null") as any;
    if (answer.status === 200 && said?.csrf) this.csrf = said.csrf;
    return { status: answer.status, body: said, headers: answer.headers };
  }

  login = (name: string, password: string, code?: string) =>
    this.ask("POST", "/v1/session", { name, password, code });
}
