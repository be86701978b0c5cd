import type { Authorization, Client, Order } from "acme-client";
import { sealed, unsealed } from "../base/seal.ts";
import type { HostContext } from "../cluster/facts.ts";
import { sealedKey } from "../cluster/web-certificate.ts";
import type { Authority } from "./acme-client.ts";
import { type AcmeState, afterSuccess } from "./acme-state.ts";
import type { AcmeStore, Known } from "./acme-store.ts";
import { faultsOf } from "./check.ts";
import type { CertificateStore } from "./store.ts";

/**
 * One step of an order after the other (RFC 8555 7.1.6), each short and written down before the next, so that another node can go on
 * in the middle.
 */

/** The authority's final word: the order is over. */
export class OrderFailed extends Error {}

export interface StepParts {
  context: Pick<HostContext, "cluster" | "secrets" | "self">;
  store: CertificateStore;
  orders: AcmeStore;
  authority: Authority;
}

const accountSeal = (directory: string): string => `acme account ${directory}`;
const orderSeal = (url: string): string => `acme order ${url}`;

/** Waits for the authority. */
const soonMs = 2000;

type Settings = NonNullable<HostContext["cluster"]["web"]["acme"]>;

/** Where nothing is known yet, or of another authority: a new account's key. */
export async function firstState(
  { context, authority }: StepParts,
  { directory }: Settings,
): Promise<AcmeState> {
  const key = await authority.library.crypto.createPrivateEcdsaKey("P-256");
  const root = context.secrets.peer_token;
  return {
    ...{ directory, order: null, tries: [], faults: 0, failure: "", next_at: null, asked: false },
    ...{ got: null, node: context.self.name },
    account: { key: sealed(root, accountSeal(directory), key.toString()), url: null },
  };
}

const clientOf = ({ context, authority }: StepParts, { directory, account }: AcmeState): Client =>
  authority.clientOf({
    accountKey: unsealed(context.secrets.peer_token, accountSeal(directory), account.key),
    ...(account.url !== null && { accountUrl: account.url }),
  });

/**
 * Does the next step. @returns what is to be written, and after how long the next one is due; undefined: it is done
 * @throws OrderFailed, or the fault of a step
 */
export async function nextStep(
  parts: StepParts,
  known: Known & { state: AcmeState },
  settings: Settings,
): Promise<{ state: AcmeState; afterMs: number | undefined }> {
  const { context } = parts;
  const { names } = context.cluster.web;
  const state: AcmeState = { ...known.state, node: context.self.name, next_at: null };
  const client = clientOf(parts, state);
  if (state.account.url === null) {
    await client.createAccount({
      termsOfServiceAgreed: settings.terms_agreed,
      contact: settings.email === undefined ? [] : [`mailto:${settings.email}`],
    });
    return { state: { ...state, account: { ...state.account, url: client.getAccountUrl() } }, afterMs: 0 };
  }
  if (!state.order || state.order.names.join() !== names.join())
    return { state: await begin(parts, state, client, names), afterMs: 0 };
  // The library knows an order by its address alone.
  const order = await client.getOrder({ url: state.order.url } as Order);
  switch (order.status) {
    case "pending":
      await prove(parts, client, order);
      return { state: { ...state, faults: 0 }, afterMs: soonMs };
    case "ready":
      await client.finalizeOrder(order, await requestFor(parts, state.order));
      return { state: { ...state, faults: 0 }, afterMs: 0 };
    case "processing":
      return { state: { ...state, faults: 0 }, afterMs: soonMs };
    case "valid":
      await take(parts, state.order, await client.getCertificate(order));
      return { state: afterSuccess(state, Date.now()), afterMs: undefined };
    default:
      throw new OrderFailed(await whyInvalid(client, order));
  }
}

async function begin(
  { context, orders, authority }: StepParts,
  state: AcmeState,
  client: Client,
  names: readonly string[],
): Promise<AcmeState> {
  await orders.forgetAnswers();
  const { url } = await client.createOrder({
    identifiers: names.map((value) => ({ type: "dns", value })),
  });
  const key = await authority.library.crypto.createPrivateEcdsaKey("P-256");
  const order = {
    ...{ url, names: [...names], at: new Date().toISOString() },
    key: sealed(context.secrets.peer_token, orderSeal(url), key.toString()),
  };
  return { ...state, order, asked: false, faults: 0 };
}

const keyOf = ({ context }: StepParts, { key, url }: NonNullable<AcmeState["order"]>): string =>
  unsealed(context.secrets.peer_token, orderSeal(url), key);

/** Puts down what the authority is to read (both nodes answer it), and has it look. */
async function prove({ orders }: StepParts, client: Client, order: Order): Promise<void> {
  for (const one of await client.getAuthorizations(order)) {
    if (one.status === "valid") continue;
    const challenge = one.challenges.find(({ type }) => type === "http-01");
    if (one.status !== "pending" || !challenge || challenge.status === "invalid")
      throw new OrderFailed(whyNot(one));
    if (challenge.status !== "pending") continue;
    await orders.putAnswer(challenge.token, await client.getChallengeKeyAuthorization(challenge));
    await client.completeChallenge(challenge);
  }
}

async function requestFor(parts: StepParts, order: NonNullable<AcmeState["order"]>): Promise<Buffer> {
  const { crypto } = parts.authority.library;
  const [, request] = await crypto.createCsr({ altNames: order.names }, keyOf(parts, order));
  return request;
}

async function take(
  parts: StepParts,
  order: NonNullable<AcmeState["order"]>,
  certificate: string,
): Promise<void> {
  const { context, store, orders } = parts;
  const key = keyOf(parts, order);
  const given = { certificate, key };
  // Whom it trusts is the authority's business.
  const faults = faultsOf(given, { names: order.names, addresses: [] }, undefined, new Date());
  if (faults.length > 0)
    throw new OrderFailed(
      `what the authority gave can not be used: ${faults.map(({ message }) => message).join("; ")}`,
    );
  await store.put({ kind: "acme", certificate, key: sealedKey(context.secrets, certificate, key) });
  await orders.forgetAnswers();
}

/** Why an authority does not believe that a name is ours, in its words. */
function whyNot({ identifier, status, challenges }: Authorization): string {
  const said = challenges.flatMap((one) => {
    const { detail } = ("error" in one ? one.error : {}) as { detail?: unknown };
    return typeof detail === "string" ? [detail] : [];
  });
  const offered = challenges.some(({ type }) => type === "http-01") ? "" : " (it does not offer http-01)";
  return `${identifier.value}: ${said[0] ?? `its authorization is ${status}`}${offered}`;
}

async function whyInvalid(client: Client, order: Order): Promise<string> {
  const all = await client.getAuthorizations(order);
  const bad = all.filter(({ status }) => status !== "valid").map(whyNot);
  const { detail } = ("error" in order ? order.error : {}) as { detail?: unknown };
  return bad.join("; ") || (typeof detail === "string" ? detail : "the authority calls the order invalid");
}
