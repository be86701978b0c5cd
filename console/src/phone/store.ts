import { answer, api } from "../api/client.ts";
import { instanceOf, Phone } from "./phone.ts";
import { remain, remember, show, usePhoneView } from "./state.ts";
import { off, type PhoneView } from "./view.ts";

/** The one telephone of this page, which goes on whatever part of the console is shown. */

let phone: Phone | undefined;
/** Ends the claim to be this browser's only telephone. */
let release: (() => void) | undefined;

function changed(next: PhoneView): void {
  const before = show(next);
  for (const call of next.calls)
    if (call.phase === "ended" && before.calls.some(({ id, phase }) => id === call.id && phase !== "ended"))
      remember(call);
}

const lock = "dialtone-telephone";

/**
 * Two tabs of a browser are one telephone (its instance, RFC 5626): the second one's registration would take the first one's calls.
 * @param take also if another tab is it, which stops then
 */
const claim = (take: boolean): Promise<boolean> =>
  new Promise((resolve) => {
    const options: LockOptions = take ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(lock, options, (held) => {
        resolve(held !== null);
        if (!held) return;
        return new Promise<void>((done) => {
          release = done;
        });
      })
      .catch(() => {
        // Another tab has taken it.
        stop();
        show({ ...off, registration: "elsewhere" });
      });
  });

/** @throws ApiProblem when there is no telephone for whoever is logged in */
export async function startPhone(take = false): Promise<void> {
  if (phone) return;
  if (!(await claim(take))) {
    show({ ...off, registration: "elsewhere" });
    return;
  }
  phone = new Phone({
    url: `wss://${location.host}/ws`,
    credential: () => answer(api.GET("/v1/phone/credential", { params: { query: {} } })),
    instance: instanceOf(localStorage),
    changed,
  });
  addEventListener("beforeunload", warn);
  addEventListener("pagehide", hangUp);
  try {
    await phone.start();
    remain(true);
  } catch (error) {
    stopPhone();
    throw error;
  }
}

export function stopPhone(): void {
  stop();
  show(off);
}

function stop(): void {
  remain(false);
  removeEventListener("beforeunload", warn);
  removeEventListener("pagehide", hangUp);
  phone?.stop();
  phone = undefined;
  release?.();
  release = undefined;
}

/** Whoever reloads or closes the page in a call is asked whether that is meant. */
function warn(event: BeforeUnloadEvent): void {
  if (phone?.calling) event.preventDefault();
}

const hangUp = (): void => phone?.hangUpAll();

export const usePhone = (): { phone: Phone | undefined; view: PhoneView } => ({
  view: usePhoneView(),
  phone,
});
