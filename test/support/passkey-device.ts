import type { Page } from "playwright-core";

/** A device with a fingerprint reader, which is always touched. */
export async function addPasskeyDevice(page: Page): Promise<void> {
  const device = await page.context().newCDPSession(page);
  await device.send("WebAuthn.enable");
  await device.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Each login by a passkey is sent twice at once from now on, as somebody would who saw it: the statuses, and what was sent. */
export const sendTwice = (page: Page): Promise<unknown> =>
  page.evaluate(`{
    const real = window.fetch;
    window.twice = new Promise((resolve) => {
      window.fetch = async (asked, init) => {
        const request = new Request(asked, init);
        if (!request.url.endsWith("/v1/session/passkey")) return real(request);
        window.fetch = real;
        const sent = await request.clone().json();
        const both = await Promise.all([real(request.clone()), real(request)]);
        resolve({ sent, statuses: both.map(({ status }) => status).sort() });
        return both.find(({ ok }) => ok) ?? both[0];
      };
    });
    // The promise itself would be waited for.
    true;
  }`);
