/** The stock (and own) parts that an agent runs. */

/** The stock (and own) parts that an agent runs. */
export const partNames = ["mariadb", "garbd", "redis", "rtpengine", "kamailio", "keepalived", "app"] as const;

export type PartName = (typeof partNames)[number];
