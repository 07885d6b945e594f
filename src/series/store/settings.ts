/** What a store of series is told when it is opened. All of it has a default. */
export interface SeriesStoreSettings {
  retention: {
    /** Null: no limit. */
    ageMs: number | null;
    bytesMax: number | null;
  };
  /** Samples older than the newest of their tenant by more than this are refused. */
  outOfOrderWindowMs: number;
  /** Samples further in the future than this are refused. */
  futureMsMax: number;
  /** Pages and indexes of blocks that are kept in memory. */
  blockCacheBytesMax: number;
  limits: SeriesLimits;
}

export interface SeriesLimits {
  tenantsMax: number;
  /** Series of one tenant that are in the head, that is, had a sample lately. */
  seriesMax: number;
  labelsMax: number;
  labelNameBytesMax: number;
  labelValueBytesMax: number;
  /** Samples that wait to be written. */
  queuedSamplesMax: number;
  /** Metrics whose type and help are kept, for each tenant. */
  metadataMax: number;
}

export const defaultSeriesSettings: SeriesStoreSettings = {
  retention: { ageMs: 15 * 86_400_000, bytesMax: null },
  outOfOrderWindowMs: 30 * 60_000,
  futureMsMax: 10 * 60_000,
  blockCacheBytesMax: 64 * 1024 * 1024,
  limits: {
    tenantsMax: 1000,
    seriesMax: 2_000_000,
    labelsMax: 64,
    labelNameBytesMax: 1024,
    labelValueBytesMax: 4096,
    queuedSamplesMax: 4_000_000,
    metadataMax: 20_000,
  },
};

/** The head is cut into blocks of this length, aligned to multiples of it. */
export const windowMs = 2 * 3_600_000;
/** Stretches of two hours that one tenant's head may hold at a time; more have to be cut into blocks first. */
export const openWindowsMax = 8;
