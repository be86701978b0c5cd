/** A telephone that rings: two tones, as bells do, 1 s of 4. */
export class Ringer {
  private context: AudioContext | undefined;

  ring(on: boolean): void {
    if (on === (this.context !== undefined)) return;
    if (!on) {
      // It may be closed already by the browser.
      this.context?.close().catch(() => undefined);
      this.context = undefined;
      return;
    }
    const context = new AudioContext();
    this.context = context;
    const gain = context.createGain();
    gain.gain.value = 0;
    gain.connect(context.destination);
    for (const frequency of [425, 530]) {
      const tone = context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(gain);
      tone.start();
    }
    // Nobody lets it ring for longer than five minutes.
    for (let at = 0; at < 300; at += 4) {
      gain.gain.setValueAtTime(0.08, context.currentTime + at);
      gain.gain.setValueAtTime(0, context.currentTime + at + 1);
    }
  }
}
