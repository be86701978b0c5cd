import { setTimeout as delay } from "node:timers/promises";
import { readWav, shareOf } from "../../test/support/wav.ts";
import type { Phone } from "./phone.ts";

/** What two or three telephones do with each other; an Error says what did not come about. */

const talkMs = 4000;

/** @param lastMs only the end of the recording counts; 0: all but its first second */
function mustHear(phone: Phone, hertz: number, lastMs = 0): void {
  const wav = readWav(phone.recording());
  const end = wav.seconds * 1000 - 200;
  const share = shareOf(wav, 0, hertz, lastMs > 0 ? Math.max(0, end - lastMs) : 1000, end);
  if (share < 0.5)
    throw new Error(
      `${phone.kind} ${phone.user} heard ${hertz} Hz in ${Math.round(100 * share)} % of ${Math.round(end)} ms`,
    );
}

async function connect(one: Phone, other: Phone): Promise<void> {
  one.begin();
  other.begin();
  await Promise.all([one.call(other.user), other.answered()]);
}

async function hangUp(one: Phone, other: Phone): Promise<void> {
  await Promise.all([one.hangUp(), other.over(), one.over()]);
  // A file is written to its end when the call is over.
  await delay(500);
}

/** Both hear the other's tone, all the time. */
export async function talk(one: Phone, other: Phone): Promise<void> {
  await connect(one, other);
  await delay(talkMs);
  await hangUp(one, other);
  mustHear(one, other.tone);
  mustHear(other, one.tone);
}

/** After hold and its end both hear each other again. */
export async function holdAndResume(one: Phone, other: Phone): Promise<void> {
  await connect(one, other);
  await delay(1500);
  await one.hold();
  await delay(1500);
  await one.resume();
  await delay(talkMs);
  await hangUp(one, other);
  mustHear(one, other.tone, 2000);
  mustHear(other, one.tone, 2000);
}

export async function digits(one: Phone, other: Phone): Promise<void> {
  await connect(one, other);
  await delay(1500);
  await one.dial("57");
  await other.received("57");
  await hangUp(one, other);
}

/** `one` calls `other` and sends it to `third`: those two hear each other. */
export async function blindTransfer(one: Phone, other: Phone, third: Phone): Promise<void> {
  await connect(one, other);
  third.begin();
  await delay(1500);
  await one.transfer(third.user);
  await third.answered();
  await delay(talkMs);
  if (
    !(await one.over().then(
      () => true,
      () => false,
    ))
  )
    await one.hangUp();
  await Promise.all([third.hangUp(), other.over()]);
  await delay(500);
  mustHear(third, other.tone);
}

/** `one` calls `other`, asks `third`, and connects them: those two hear each other, and its own calls end. */
export async function attendedTransfer(one: Phone, other: Phone, third: Phone): Promise<void> {
  if (!one.consult || !one.join) throw new Error("it has no command for it");
  await connect(one, other);
  third.begin();
  await delay(1500);
  await one.consult(third.user);
  await third.answered();
  await delay(1500);
  await one.join();
  await delay(talkMs);
  await one.over();
  // Its call to a third that does not know Replaces is still there.
  await one.hangUp();
  await Promise.all([third.hangUp(), other.over()]);
  await delay(500);
  mustHear(third, other.tone, 2000);
  mustHear(other, third.tone, 2000);
}

/** `called` rings; `taker` dials the code for that, and talks with `caller`. */
export async function pickUp(caller: Phone, called: Phone, taker: Phone): Promise<void> {
  caller.begin();
  taker.begin();
  const calling = caller.call(called.user);
  await Promise.all([calling, delay(1000).then(() => taker.call("*8"))]);
  await delay(talkMs);
  await hangUp(caller, taker);
  mustHear(caller, taker.tone);
  mustHear(taker, caller.tone);
}

/** `parked` calls `parker`, who sends it to a slot; `taker` takes it from there. */
export async function park(parker: Phone, parked: Phone, taker: Phone): Promise<void> {
  await connect(parked, parker);
  taker.begin();
  await delay(1500);
  await parker.transfer("*5*701");
  await delay(1500);
  await parker.hangUp();
  await delay(500);
  await taker.call("*6*701");
  await delay(talkMs);
  await Promise.all([taker.hangUp(), taker.over()]);
  await delay(1000);
  mustHear(taker, parked.tone);
  mustHear(parked, taker.tone, 2000);
}

/** `one` goes on with another codec within the call: both hear each other afterwards. */
export async function changeCodec(one: Phone, other: Phone, codec: string): Promise<void> {
  if (!one.change) throw new Error("it has no command for it");
  await connect(one, other);
  await delay(1500);
  await one.change(codec);
  await other.sends?.(codec);
  await delay(talkMs);
  await hangUp(one, other);
  mustHear(one, other.tone, 2000);
  mustHear(other, one.tone, 2000);
}

/** A call over a fault: at its end both hear each other, and who hangs up is understood. @param fault returns when it has happened */
export async function outlive(
  pairs: [Phone, Phone][],
  fault: () => Promise<void>,
  afterMs: number,
): Promise<Map<Phone, string>> {
  const wrong = new Map<Phone, string>();
  const noting = (phone: Phone, work: () => Promise<void> | void) =>
    Promise.resolve()
      .then(work)
      .catch((error: unknown) => void wrong.set(phone, String(error)));
  await Promise.all(pairs.map(([one, other]) => noting(one, () => connect(one, other))));
  // The relay looks for 3 s where each side's packets come from before it is sure.
  await delay(4000);
  await fault();
  await delay(afterMs);
  await Promise.all(
    pairs.map(([one, other]) =>
      noting(one, async () => {
        await hangUp(one, other);
        mustHear(one, other.tone, 2000);
        mustHear(other, one.tone, 2000);
      }),
    ),
  );
  for (const [one, other] of pairs) await noting(one, () => talk(one, other));
  return wrong;
}
