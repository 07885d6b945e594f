/** Everything that a client could make grow has its limit here. A server may be given others. */
export interface ServeLimits {
  /** A request's body; what etcd takes, as the API server has it. */
  bodyBytesMax: number;
  headerBytesMax: number;
  /** Braces and brackets within one another in a JSON body. */
  nestingDepthMax: number;
  urlBytesMax: number;
  connectionsMax: number;
  /** Requests under way at once, watches and followed logs apart. */
  requestsMax: number;
  /** Watches and followed logs at once. */
  watchesMax: number;
  /** What a watcher may leave unread before it is cut off. */
  watchBacklogBytesMax: number;
  /** Events of one resource kept for watchers that come back. */
  windowEventsMax: number;
  windowBytesMax: number;
  /** The longest that a watch goes on before its client has to ask again. */
  watchDurationMsMax: number;
  bookmarkIntervalMs: number;
  /** Objects of one page, whatever the client asked for. A list without `limit` that has more is refused. */
  pageItemsMax: number;
  headersTimeoutMs: number;
  /** For a request to come in, and for its answer to be taken. */
  requestTimeoutMs: number;
}

export const defaultLimits: ServeLimits = {
  bodyBytesMax: 3 * 1024 * 1024,
  headerBytesMax: 64 * 1024,
  nestingDepthMax: 200,
  urlBytesMax: 32 * 1024,
  connectionsMax: 6000,
  requestsMax: 400,
  watchesMax: 2000,
  watchBacklogBytesMax: 4 * 1024 * 1024,
  windowEventsMax: 2000,
  windowBytesMax: 16 * 1024 * 1024,
  watchDurationMsMax: 60 * 60_000,
  bookmarkIntervalMs: 60_000,
  pageItemsMax: 20_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
};
