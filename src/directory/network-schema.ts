import { z } from "zod";

/** Networks as people write them. */

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

export const cidr = z
  .string()
  .refine(
    (value) => network.safeParse(value).success,
    "must be an address or a network such as 192.0.2.0/24",
  );
