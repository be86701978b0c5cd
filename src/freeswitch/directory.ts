import { unsealed } from "../base/seal.ts";
import type { Carrier } from "../carriers/carrier-schema.ts";
import { loginOf } from "../carriers/carriers.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { gatewayName } from "./legs.ts";
import { dialText, type Element, element, filledIn, params, sectionOf, variables } from "./xml.ts";

/** The directory as FreeSWITCH asks for it: users to register and to call, carriers as gateways. */

/** All telephones that are registered as this user with the FreeSWITCH host that calls it. FreeSWITCH fills in the names. */
const registered = filledIn(`sofia_contact(*/${filledIn("dialed_user")}@${filledIn("dialed_domain")})`);

/** A user, without a password: `a1-hash` is what its digest is checked with, for this domain alone. */
export const userElement = ({ name, display, ha1_md5 }: UserEntry): Element =>
  element("user", { id: name }, [
    element("params", {}, params({ "a1-hash": ha1_md5, "dial-string": registered })),
    element(
      "variables",
      {},
      // Its name for calls that it makes: the question's `user` (question.ts).
      variables({
        dialtone_user: name,
        user_name: name,
        ...(display !== "" && { dialtone_display: display }),
      }),
    ),
  ]);

/** One gateway for each address of a carrier with a login. @throws Error when its password was sealed with another secret */
export function gateways({ name, enabled, login, addresses, register }: Carrier, secret: string): Element[] {
  if (!enabled || !login) return [];
  const password = unsealed(secret, loginOf(name, login.user), login.sealed);
  return addresses.map(({ host, port, transport }, index) => {
    const place = port === undefined ? host : `${host}:${port}`;
    return element(
      "gateway",
      { name: gatewayName(name, place) },
      params({
        username: login.user,
        password,
        realm: login.realm ?? register?.domain ?? host,
        proxy: place,
        "register-transport": transport,
        // The holder of the service address registers with carriers (docs/carriers.md), and only one can be called back.
        register: "false",
        "caller-id-in-from": "true",
        ...(index === 0 && register?.domain !== undefined && { "from-domain": register.domain }),
      }),
    );
  });
}

/** The domain of this service, with what is in it. FreeSWITCH looks for gateways in users (sofia.c, parse_domain_tag). */
export const domainElement = (domain: string, users: readonly Element[]): Element =>
  element("domain", { name: domain }, [
    element("groups", {}, [element("group", { name: "all" }, [element("users", {}, users)])]),
  ]);

/** All gateways, as a user that nobody can register as or call: it has no password and no dial string. */
export const gatewayUser = (all: readonly Element[]): Element =>
  element("user", { id: "_gateways", type: "pointer" }, [element("gateways", {}, all)]);

/** The section with one domain. */
export const directorySection = (domain: string, users: readonly Element[]): Element =>
  sectionOf("directory", [domainElement(domain, users)]);

/** A user that may register and be called; undefined: there is none of this name. */
export const directoryUser = (
  users: { get(name: string): UserEntry | undefined },
  name: string,
): UserEntry | undefined => {
  const user = dialText(name) === undefined ? undefined : users.get(name);
  return user?.enabled ? user : undefined;
};
