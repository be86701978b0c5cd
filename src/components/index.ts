import type { HostRole } from "../cluster/schema.ts";
import { app } from "./app.ts";
import type { Component } from "./component.ts";
import { garbd } from "./garbd.ts";
import { edge } from "./kamailio/edge.ts";
import { kamailio } from "./kamailio/index.ts";
import { keepalived } from "./keepalived.ts";
import { mariadb } from "./mariadb/index.ts";
import { redis } from "./redis.ts";
import { rtpengine } from "./rtpengine/index.ts";

/** The parts of a host by its role, in the order in which they are started. */
export const componentsOf = (role: HostRole): Component[] =>
  role === "edge"
    ? [edge]
    : role === "witness"
      ? [garbd]
      : [redis, rtpengine, mariadb, app, kamailio, keepalived];
