#pragma once

// The tables. A schema that was released never changes here: a later one is a step in schema.cc.
namespace comfytrace::history::sqlite {

inline constexpr const char* kTablesOfSchema1 = R"sql(
-- Texts that many runs share, found by a hash (FNV-1a, 32 bits) that is not unique.
CREATE TABLE names (name_id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, name TEXT NOT NULL) STRICT;
CREATE INDEX names_hash ON names(hash);
CREATE TABLE prompts (prompt_id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, prompt TEXT NOT NULL) STRICT;
CREATE INDEX prompts_hash ON prompts(hash);

-- The list line of a run. A run_id that is a UUID is a blob of 16 bytes, any other a text.
CREATE TABLE runs (
  rid INTEGER PRIMARY KEY,          -- order of first save
  run_id ANY NOT NULL UNIQUE,
  title TEXT NOT NULL,
  status TEXT NOT NULL,
  exit_reason TEXT,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  finished_at_ms INTEGER,
  duration_ms INTEGER,
  queue_wait_ms INTEGER,
  scene_count INTEGER NOT NULL,
  scenes_succeeded INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  artifact_count INTEGER NOT NULL,
  thumbnail INTEGER,
  story_id TEXT,
  story_title TEXT,
  workflow_name INTEGER,            -- names
  workflow_fingerprint INTEGER,     -- names
  model INTEGER,                    -- names
  worker_ids ANY,                   -- names: one number, or several as text with spaces
  vram_peak_bytes INTEGER,
  error TEXT,
  tags TEXT,                        -- a JSON array; NULL: none
  notes TEXT,
  archived INTEGER NOT NULL,
  amended INTEGER NOT NULL          -- what a person changed: 1 title, 2 tags, 4 notes, 8 archived
) STRICT;
CREATE INDEX runs_created ON runs(created_at_ms, status, exit_reason, archived);

-- Everything else of the run (run_codec.h).
CREATE TABLE run_details (rid INTEGER PRIMARY KEY, details BLOB NOT NULL) STRICT;

-- What filters look for: 1 worker, 2 fingerprint, 3 workflow name folded, 4 checkpoint, 5 tag, 6 story id, 7 story
-- title folded: value in names; 8 prompt: value in prompts.
CREATE TABLE run_facets (kind INTEGER NOT NULL, value INTEGER NOT NULL, rid INTEGER NOT NULL,
  PRIMARY KEY (kind, value, rid)) STRICT, WITHOUT ROWID;

-- Which run may hold a prompt of a worker; the run itself says whether it does.
CREATE TABLE prompt_places (hash INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (hash, rid))
  STRICT, WITHOUT ROWID;

-- The words of words.h, each once, already folded.
CREATE VIRTUAL TABLE run_words USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');

-- How many runs there are of each kind, so that a count needs no scan.
CREATE TABLE run_tally (status TEXT NOT NULL, archived INTEGER NOT NULL, runs INTEGER NOT NULL,
  PRIMARY KEY (status, archived)) STRICT, WITHOUT ROWID;
CREATE TRIGGER runs_added AFTER INSERT ON runs BEGIN
  INSERT INTO run_tally VALUES (new.status, new.archived, 1) ON CONFLICT DO UPDATE SET runs = runs + 1;
END;
CREATE TRIGGER runs_deleted AFTER DELETE ON runs BEGIN
  UPDATE run_tally SET runs = runs - 1 WHERE status = old.status AND archived = old.archived;
END;
CREATE TRIGGER runs_changed AFTER UPDATE OF status, archived ON runs
  WHEN new.status <> old.status OR new.archived <> old.archived BEGIN
  UPDATE run_tally SET runs = runs - 1 WHERE status = old.status AND archived = old.archived;
  INSERT INTO run_tally VALUES (new.status, new.archived, 1) ON CONFLICT DO UPDATE SET runs = runs + 1;
END;

CREATE TABLE removed_runs (run_id ANY PRIMARY KEY, by_hand INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE samples (series_id INTEGER PRIMARY KEY, rid INTEGER NOT NULL, prompt_id ANY NOT NULL,
  readings BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX samples_rid ON samples(rid, prompt_id);

CREATE TABLE workers (place INTEGER PRIMARY KEY, worker_id TEXT NOT NULL UNIQUE, worker TEXT NOT NULL) STRICT;
CREATE TABLE filter_presets (place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, preset TEXT NOT NULL) STRICT;
CREATE TABLE recommendations (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, cause TEXT NOT NULL,
  state TEXT NOT NULL, recommendation TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX recommendations_open ON recommendations(cause) WHERE state = 'open';
CREATE TABLE alerts (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, raised_at_ms INTEGER NOT NULL,
  alert TEXT NOT NULL) STRICT;
CREATE INDEX alerts_raised ON alerts(raised_at_ms);

-- For people who look into the file.
CREATE VIEW run_list AS
  SELECT CASE typeof(run_id) WHEN 'blob' THEN lower(hex(run_id)) ELSE run_id END AS run_id, title, status, exit_reason,
    datetime(created_at_ms / 1000, 'unixepoch') AS created_utc, duration_ms, scene_count,
    (SELECT name FROM names WHERE name_id = r.workflow_name) AS workflow_name,
    (SELECT name FROM names WHERE name_id = r.model) AS model, error, tags, notes, archived
  FROM runs AS r;
)sql";

// Since schema 2 every prompt is a facet, also a short one that stands in the run itself; 9 is a device's name folded.
inline constexpr const char* kTablesOfSchema2 = R"sql(
CREATE INDEX runs_duration ON runs(duration_ms);
CREATE INDEX runs_vram ON runs(vram_peak_bytes);
)sql";

// Since schema 3 the columns are kept packed (column_file.h). They are made from the runs and can be dropped.
inline constexpr const char* kTablesOfSchema3 = R"sql(
CREATE TABLE column_chunks (place INTEGER PRIMARY KEY, packed BLOB NOT NULL, covers_from_ms INTEGER) STRICT;
CREATE TABLE column_dead (place INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
-- Room that is given up when the disk is full, so that runs can be deleted.
CREATE TABLE ballast (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
INSERT INTO ballast VALUES (1, zeroblob(65536));
-- Runs that came or changed since the chunks were written. Those that went show by their number: to delete must not
-- need space on a full disk.
CREATE TABLE column_changes (rid INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER columns_added AFTER INSERT ON runs BEGIN INSERT OR IGNORE INTO column_changes VALUES (new.rid); END;
CREATE TRIGGER columns_changed AFTER UPDATE ON runs BEGIN INSERT OR IGNORE INTO column_changes VALUES (new.rid); END;
)sql";

// Since schema 4 the details of runs may be packed with what runs have in common (detail_packer.h). A dictionary stays
// for as long as there are runs, and its number is never another's: readers keep what they have read.
inline constexpr const char* kTablesOfSchema4 = R"sql(
CREATE TABLE detail_dictionaries (dictionary_id INTEGER PRIMARY KEY AUTOINCREMENT, dictionary BLOB NOT NULL,
  packed_ratio REAL NOT NULL) STRICT;
)sql";

// Since schema 5 a row tells of many runs that have a facet, in place of one row each in `run_facets`. Blocks of a kind
// and value do not overlap, and a run stands in one of them once (rid_blocks.h).
inline constexpr const char* kTablesOfSchema5 = R"sql(
CREATE TABLE facet_blocks (kind INTEGER NOT NULL, value INTEGER NOT NULL,
  rid INTEGER NOT NULL,             -- the first
  others BLOB NOT NULL,             -- each as its distance to the one before, 7 bits a byte, low bits first
  PRIMARY KEY (kind, value, rid)) STRICT, WITHOUT ROWID;
)sql";

// Of no schema: it tells nothing that outlives the process that writes. The number of the last commit that changed
// runs, by which a reader knows of which state the rows are that it sees (columns/mirror.h).
inline constexpr const char* kTableOfCommits = R"sql(
CREATE TABLE IF NOT EXISTS column_commit (place INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO column_commit VALUES (1, 0);
)sql";

}  // namespace comfytrace::history::sqlite
