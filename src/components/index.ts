import { type HostContext, replicatesAsynchronously } from "../cluster/facts.ts";
import { app } from "./app.ts";
import type { Component } from "./common/component.ts";
import { garbd } from "./garbd.ts";
import { haproxy } from "./haproxy/index.ts";
import { edge } from "./kamailio/edge.ts";
import { kamailio } from "./kamailio/index.ts";
import { keepalived } from "./keepalived.ts";
import { mariadb } from "./mariadb/index.ts";
import { mariadbReplica } from "./mariadb/replica.ts";
import { redis } from "./redis/index.ts";
import { rtpengine } from "./rtpengine/index.ts";

/** The parts of a host, in the order in which they are started. */
export function componentsOf({ self, cluster }: Pick<HostContext, "self" | "cluster">): Component[] {
  const two = replicatesAsynchronously(cluster);
  if (self.role === "edge") return [edge];
  if (self.role === "witness") return two ? [] : [garbd];
  return [redis, rtpengine, two ? mariadbReplica : mariadb, app, kamailio, keepalived, haproxy];
}
