import { type HostContext, nodes, ports } from "../cluster/facts.ts";
import { ConfigError } from "../cluster/load.ts";
import { relayRecording, sessionsListed } from "../components/rtpengine/control.ts";
import type { Database } from "../db/database.ts";
import type { Events } from "../telemetry/log.ts";
import { RecordingFiles } from "./files.ts";
import { SpaceGuard } from "./guard.ts";
import { Maker } from "./maker.ts";
import { AddressWatch } from "./owner.ts";
import { PeerClient } from "./peer-client.ts";
import { RecordingStore } from "./store.ts";
import { RecordingWorker } from "./worker.ts";

/** All of the app that has to do with recordings, put together once. */
export interface Recordings extends AsyncDisposable {
  store: RecordingStore;
  files: RecordingFiles;
  peers: PeerClient;
  watch: AddressWatch;
  worker: RecordingWorker;
  guard: SpaceGuard;
}

/** @throws ConfigError when recordings are to be encrypted and there is no key. */
export function createRecordings(context: HostContext, database: Database, events: Events): Recordings {
  const { cluster, secrets } = context;
  if (cluster.recording.encrypt && !secrets.recording)
    throw new ConfigError([
      `${context.clusterFile}: recording.encrypt: cluster.secrets.yaml has no key; 'dialtone recordings keygen' makes one`,
    ]);
  const files = new RecordingFiles(context);
  const store = new RecordingStore(database);
  const peers = new PeerClient(context);
  const watch = new AddressWatch(context, files.places.fence);
  const maker = new Maker({ context, store, files, peers, events });
  const worker = new RecordingWorker({ context, store, files, peers, watch, maker, events });
  const guard = new SpaceGuard(context, [files.captures, files.places.root], events, stopAllRecordings);
  return {
    store,
    files,
    peers,
    watch,
    worker,
    guard,
    [Symbol.asyncDispose]: async () => {
      await peers[Symbol.asyncDispose]();
      await watch[Symbol.asyncDispose]();
    },
  };
}

/** Stops every recording of this node's relay; one that has ended meanwhile is no fault. */
async function stopAllRecordings(): Promise<void> {
  const callIds = await sessionsListed("own", AbortSignal.timeout(1000));
  await Promise.allSettled([...callIds].map((callId) => relayRecording(callId, "stop")));
}

/** The node that relays calls now: the one that holds the service address. @throws Error when nobody is seen to. */
export async function relayingNode(context: HostContext, watch: AddressWatch): Promise<string> {
  const view = await watch.view();
  if (view.holds) return view.host;
  const names = nodes(context.cluster).map((node) => node.name);
  const holder = Object.entries(view.sees).find(([name, seen]) => seen.holds && names.includes(name));
  if (!holder) throw new Error(`no node is seen to hold the service address (ng port ${ports.rtpengineNg})`);
  return holder[0];
}
