/** Raised whenever the tables change; a catalogue of another number is rebuilt from the packs. */
export const catalogueVersion = 6;

/** The catalogue is an index of the packs; docs/formats/catalog.md explains the tables. Times are nanoseconds since 1970. */
export const catalogueSchema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL, cluster TEXT NOT NULL, pod_uid TEXT NOT NULL, container TEXT NOT NULL, attempt INTEGER NOT NULL,
  namespace TEXT NOT NULL, pod TEXT NOT NULL, node TEXT NOT NULL,
  container_id TEXT, container_kind TEXT, image TEXT,
  started_at INTEGER, finished_at INTEGER, exit_code INTEGER, signal INTEGER, reason TEXT, message TEXT,
  first_time INTEGER, last_time INTEGER,
  line_count INTEGER NOT NULL DEFAULT 0, text_bytes INTEGER NOT NULL DEFAULT 0, excluded_bytes INTEGER NOT NULL DEFAULT 0,
  lag_bytes INTEGER, ended INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
  first_sequence INTEGER NOT NULL, arrived_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
  state_pack INTEGER NOT NULL DEFAULT 0, state_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX instances_by_key ON instances (tenant, cluster, pod_uid, container, attempt);
CREATE INDEX instances_by_pod ON instances (tenant, namespace, pod);

CREATE TABLE aliases (id TEXT PRIMARY KEY, instance INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_instance ON aliases (instance);

CREATE TABLE segments (
  instance INTEGER NOT NULL, name TEXT NOT NULL, coverage TEXT NOT NULL,
  PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  instance INTEGER NOT NULL, segment TEXT, "from" INTEGER NOT NULL, "to" INTEGER, after TEXT, before TEXT,
  reason TEXT NOT NULL, noticed_at TEXT NOT NULL
) STRICT;
CREATE INDEX gaps_by_instance ON gaps (instance);

CREATE TABLE pods (
  row INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL, cluster TEXT NOT NULL, pod_uid TEXT NOT NULL,
  fact TEXT NOT NULL, received_ms INTEGER NOT NULL,
  state_pack INTEGER NOT NULL DEFAULT 0, state_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, cluster, pod_uid)
) STRICT;
CREATE TABLE pod_states (
  pod INTEGER NOT NULL, received_ms INTEGER NOT NULL, phase TEXT NOT NULL, reason TEXT NOT NULL, deleted_at TEXT
) STRICT;
CREATE INDEX pod_states_by_pod ON pod_states (pod);
CREATE TABLE pod_owners (
  pod INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (kind, name, pod)
) STRICT, WITHOUT ROWID;
CREATE INDEX pod_owners_by_pod ON pod_owners (pod);

CREATE TABLE blocks (
  sequence INTEGER PRIMARY KEY,
  sequence_min INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  segment_time INTEGER NOT NULL, segment TEXT NOT NULL, offset INTEGER NOT NULL, offset_last INTEGER NOT NULL,
  time_min INTEGER NOT NULL, time_max INTEGER NOT NULL,
  line_count INTEGER NOT NULL, text_bytes INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  pack INTEGER NOT NULL, pack_offset INTEGER NOT NULL, record_bytes INTEGER NOT NULL,
  compact INTEGER NOT NULL, parts TEXT
) STRICT;
CREATE INDEX blocks_in_file_order ON blocks (instance, segment_time, segment, offset_last);
CREATE INDEX blocks_by_sequence_min ON blocks (sequence_min);
CREATE INDEX blocks_merged ON blocks (sequence) WHERE parts IS NOT NULL;
CREATE INDEX blocks_small ON blocks (instance, segment) WHERE text_bytes < 262144 AND compact = 0;
CREATE INDEX blocks_plain ON blocks (instance, segment, text_bytes, received_ms) WHERE compact = 0;
CREATE INDEX blocks_by_pack ON blocks (pack, record_bytes);
CREATE INDEX blocks_by_arrival ON blocks (received_ms);

CREATE TABLE pushed_streams (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL, tenant TEXT NOT NULL, labels TEXT NOT NULL
) STRICT;
CREATE TABLE pushed_tombstones (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, through INTEGER NOT NULL, sequence INTEGER NOT NULL, deleted_ms INTEGER NOT NULL,
  pack INTEGER NOT NULL, pack_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE pushed_blocks (
  sequence INTEGER PRIMARY KEY, sequence_min INTEGER NOT NULL, sequence_max INTEGER NOT NULL,
  tenant TEXT NOT NULL, run_count INTEGER NOT NULL, text_bytes INTEGER NOT NULL,
  received_ms INTEGER NOT NULL, received_min_ms INTEGER NOT NULL,
  pack INTEGER NOT NULL, pack_offset INTEGER NOT NULL, record_bytes INTEGER NOT NULL, compact INTEGER NOT NULL
) STRICT;
CREATE INDEX pushed_blocks_plain ON pushed_blocks (tenant, sequence, sequence_min, text_bytes, received_ms) WHERE compact = 0;
CREATE INDEX pushed_blocks_partly_full ON pushed_blocks (tenant, text_bytes) WHERE compact = 1 AND text_bytes < 4194304;
CREATE INDEX pushed_blocks_by_sequence_min ON pushed_blocks (sequence_min);
CREATE INDEX pushed_blocks_of_many ON pushed_blocks (sequence_max) WHERE sequence_min < sequence_max;
CREATE INDEX pushed_blocks_by_pack ON pushed_blocks (pack, record_bytes);
CREATE INDEX pushed_blocks_by_arrival ON pushed_blocks (received_ms);
CREATE TABLE pushed_runs (
  block INTEGER NOT NULL, position INTEGER NOT NULL, stream INTEGER NOT NULL,
  line_from INTEGER NOT NULL, line_count INTEGER NOT NULL, text_bytes INTEGER NOT NULL,
  time_min INTEGER NOT NULL, time_max INTEGER NOT NULL, parts TEXT,
  PRIMARY KEY (block, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_runs_by_time ON pushed_runs (stream, time_max);
`;
