import { parseYaml } from "../cluster/load.ts";
import { type Cluster, clusterSchema } from "../cluster/schema.ts";

/** A whole cluster.yaml. @throws ConfigError with a line for each fault. */
export const parseCluster = (text: string, file: string): Cluster => parseYaml(text, file, clusterSchema);
