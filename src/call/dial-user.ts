import { createHmac } from "node:crypto";
import type { HostContext } from "../cluster/facts.ts";
import { ha1 } from "../sip/digest.ts";

/** Who calls A in click-to-dial (src/dials/): a user that no directory lists, and that may show any number. */
export const dialUser = "_dialer";

/** The same on every host, from the cluster's secrets. */
export const dialCredentials = ({ cluster, secrets }: Pick<HostContext, "cluster" | "secrets">) =>
  ha1(
    dialUser,
    cluster.sip.realm,
    createHmac("sha256", secrets.nonce_secret).update("click-to-dial").digest("base64url"),
  );
