import { type Sample, sampleOf } from "../../host/evidence.ts";
import { type Stuckness, stuckness } from "./stuckness.ts";

const lookEveryMs = 200;
/** An endless loop is told from work by its last seconds. */
const keepMs = 4000;

/** Looks at a part from when it falls silent until it answers again. At rest it costs nothing. */
export class Evidence {
  private samples: Sample[] = [];

  look(pid: number, ports: readonly number[], now: number): void {
    const last = this.samples.at(-1);
    if (last && now - last.at < lookEveryMs) return;
    this.samples = [...this.samples.filter(({ at }) => now - at <= keepMs), sampleOf(pid, ports, now)];
  }

  says(now: number): Stuckness {
    return stuckness(this.samples, now);
  }

  forget(): void {
    this.samples = [];
  }
}
