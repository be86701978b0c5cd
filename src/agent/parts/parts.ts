import { existsSync, readFileSync } from "node:fs";
import writeFileAtomic from "write-file-atomic";
import { messageOf } from "../../base/message.ts";
import type { ProcessId } from "../../host/process.ts";
import type { PartName, PartReport } from "../../report/parts.ts";
import type { Part } from "./part.ts";
import type { Standing } from "./weight.ts";

/** Calls first, then what writes their records, the database last. */
export const stopOrder: readonly PartName[] = [
  "keepalived",
  "haproxy",
  "kamailio",
  "rtpengine",
  "redis",
  "app",
  "mariadb",
  "garbd",
];

/** All parts of a host; parts.json says to the next agent which processes they are. */
export class Parts {
  private readonly file: string;
  private readonly all: Part[];
  private readonly tell: (subject: string, text: string) => void;
  private recorded = "";
  private fault = "";

  constructor(file: string, all: Part[], tell: (subject: string, text: string) => void) {
    this.file = file;
    this.all = all;
    this.tell = tell;
  }

  find(name: PartName): Part | undefined {
    return this.all.find((part) => part.component.name === name);
  }

  /** One step of supervision. */
  tick(): void {
    for (const part of this.all) part.tick();
  }

  /** Each gets the weight that it has while its host stands so. @throws Error when the kernel refuses */
  weigh(host: Standing): void {
    for (const part of this.all) part.weigh(host);
  }

  /** Has one of them not answered its last probe? */
  get inDoubt(): boolean {
    return this.all.some((part) => part.inDoubt);
  }

  reports(): Partial<Record<PartName, PartReport>> {
    return Object.fromEntries(this.all.map((part) => [part.component.name, part.report()]));
  }

  private records(): Partial<Record<PartName, ProcessId & { digest: string }>> {
    return Object.fromEntries(
      this.all.flatMap(({ component, record }) => (record ? [[component.name, record]] : [])),
    );
  }

  /** With what each running part was started. */
  digests(): Partial<Record<PartName, string>> {
    return Object.fromEntries(Object.entries(this.records()).map(([name, { digest }]) => [name, digest]));
  }

  /** Takes over what an agent before this one started. */
  adopt(): void {
    if (!existsSync(this.file)) return;
    const records = JSON.parse(readFileSync(this.file, "utf8")) as ReturnType<Parts["records"]>;
    for (const part of this.all) {
      const record = records[part.component.name];
      if (record) part.adopt(record);
    }
  }

  /** Writes parts.json when something changed. */
  record(): void {
    const text = JSON.stringify(this.records());
    if (text === this.recorded) return;
    try {
      writeFileAtomic.sync(this.file, text);
      this.recorded = text;
      this.fault = "";
    } catch (error) {
      // Tried again with each tick; said once.
      if (this.fault === "") this.tell("parts.json", messageOf(error));
      this.fault = messageOf(error);
    }
  }

  /** One after the other, in `stopOrder`. */
  async stop(): Promise<void> {
    for (const name of stopOrder) await this.find(name)?.stop();
  }
}
