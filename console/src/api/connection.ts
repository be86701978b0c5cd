/**
 * Is an app there, and is it still the same? A host without power says nothing: an event stream to it would be silent for
 * minutes. So whoever has heard nothing for a while asks, with a short deadline; the answer names the app that runs.
 */

export type ConnectionState = "online" | "reconnecting";

/** Nothing heard for so long: ask. */
const quietMs = 2500;
/** Asked while the page is in the background. */
const hiddenMs = 15_000;
const deadlineMs = 1500;
const againMs = 400;

/** `other`: another app answers than before, or one after a silence. */
type Change = "online" | "reconnecting" | "other";

export class Connection {
  state: ConnectionState = "online";
  private readonly listeners = new Set<(change: Change) => void>();
  private app: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private urgent = false;

  /** Something came from an app: it need not be asked for a while. If it was missed, ask which one it is. */
  sign(): void {
    if (this.state === "reconnecting") this.doubt();
    else if (!this.asking && !this.urgent) this.rest();
  }

  /** Something failed: ask at once. */
  doubt(): void {
    this.urgent = true;
    if (!this.asking) this.plan(0);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Begins to watch; once, when the console starts. */
  start(): void {
    // Which app it is must be known before another one can be told from it.
    this.doubt();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.doubt();
    });
    addEventListener("online", () => this.doubt());
  }

  private plan(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.beat(), ms);
  }

  /** Asks when nothing has been heard for a while from now. */
  private rest(): void {
    this.plan(document.visibilityState === "visible" ? quietMs : hiddenMs);
  }

  private async beat(): Promise<void> {
    this.asking = true;
    this.urgent = false;
    try {
      const response = await fetch("/console/alive", {
        cache: "no-store",
        signal: AbortSignal.timeout(deadlineMs),
      });
      if (!response.ok) throw new Error(`${response.status}`);
      const { app } = (await response.json()) as { app: string };
      this.found(app);
      if (this.urgent) this.plan(0);
      else this.rest();
    } catch {
      // What failed is of no matter: nobody answered in time.
      this.change("reconnecting");
      this.plan(againMs);
    } finally {
      this.asking = false;
    }
  }

  private found(app: string): void {
    const other = this.app !== undefined && (this.app !== app || this.state === "reconnecting");
    this.app = app;
    this.change("online");
    if (other) for (const listener of this.listeners) listener("other");
  }

  private change(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}
