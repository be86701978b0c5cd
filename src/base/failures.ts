/** Somebody who fails several times one after the other is left alone for a while; then one more failure is enough. */
export class Failures {
  private inRow = 0;
  private until = Number.NEGATIVE_INFINITY;
  private readonly allowed: number;
  private readonly restMs: number;

  /** @param allowed so many in a row, and it rests for `restMs` */
  constructor(allowed: number, restMs: number) {
    this.allowed = allowed;
    this.restMs = restMs;
  }

  /** @param now monotonic ms, here and below */
  rests(now: number): boolean {
    return now < this.until;
  }

  failed(now: number): void {
    if (++this.inRow >= this.allowed) this.until = now + this.restMs;
  }

  succeeded(): void {
    this.inRow = 0;
  }

  /** It is another one now: it need not rest for what was before. */
  wake(): void {
    this.until = Number.NEGATIVE_INFINITY;
  }
}
