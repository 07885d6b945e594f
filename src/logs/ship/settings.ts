/** What can be set about shipping. */
export interface ShipSettings {
  /** Frames that wait or are on their way, together; beyond this nothing is read. */
  queuedBytesMax: number;
  /** Frames of several instances travel together up to this. */
  requestBytes: number;
  /** Requests on their way at once; of one instance there is never more than one, so that its lines arrive in order. */
  requestsInFlightMax: number;
  requestTimeoutMs: number;
  retryInitialMs: number;
  retryDelayMsMax: number;
  /** A server that asks for more patience than this is asked again after this. */
  retryAfterMsMax: number;
}

export const defaultShipSettings: ShipSettings = {
  queuedBytesMax: 4 * 1024 * 1024,
  requestBytes: 1024 * 1024,
  requestsInFlightMax: 3,
  requestTimeoutMs: 60_000,
  retryInitialMs: 200,
  retryDelayMsMax: 15_000,
  retryAfterMsMax: 60_000,
};
