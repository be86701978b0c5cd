import type { HostRole } from "../cluster/schema.ts";
import { app } from "./app.ts";
import type { Component } from "./component.ts";
import { garbd } from "./garbd.ts";
import { kamailio } from "./kamailio/index.ts";
import { keepalived } from "./keepalived.ts";
import { mariadb } from "./mariadb/index.ts";

/** The parts of a host by its role, in the order in which they are started. */
export const componentsOf = (role: HostRole): Component[] =>
  role === "witness" ? [garbd] : [mariadb, app, kamailio, keepalived];
