import { partsOf } from "../../src/lab/agents.ts";
import type { LabState } from "../../src/lab/state.ts";
import type { Place } from "./meter.ts";

/** The hosts of a lab's cluster, with the parts that run there. */
export const placesOf = ({ hosts }: Pick<LabState, "hosts">): Place[] =>
  Object.entries(hosts).flatMap(([host, { data, namespace }]) =>
    data === null
      ? []
      : [
          {
            host,
            namespace,
            roots: () =>
              Object.fromEntries(Object.entries(partsOf(data)).map(([part, { pid }]) => [part, pid])),
          },
        ],
  );
