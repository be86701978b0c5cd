import { changeWeight } from "../../host/priority.ts";

/** Keeps one process, and all that it has started, at the weight that is wanted of it. */
export class Weighing {
  /** What it is to be started with. */
  wanted: number;
  /** Undefined: nobody knows. */
  private has: number | undefined;
  private readonly change: (pid: number, nice: number) => void;

  constructor(own: number, change = changeWeight) {
    this.wanted = own;
    this.change = change;
  }

  started(nice: number): void {
    this.has = nice;
  }

  /** An agent before this one has started it. */
  adopted(): void {
    this.has = undefined;
  }

  /**
   * @param pid undefined: it does not run
   * @throws Error when the kernel refuses; the weight is left as it is then
   */
  follow(pid: number | undefined, wanted: number): void {
    this.wanted = wanted;
    if (pid === undefined || this.has === wanted) return;
    this.has = wanted;
    this.change(pid, wanted);
  }
}
