-- The audit trail on SQLite. Only body is written; the columns that are searched are generated from it.
CREATE TABLE audit_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  body TEXT NOT NULL CHECK (json_valid(body)),
  at TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.at')) VIRTUAL,
  action TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.action')) VIRTUAL,
  actor TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.actor')) VIRTUAL,
  member_id INTEGER GENERATED ALWAYS AS (json_extract(body, '$.member')) VIRTUAL,
  case_id TEXT GENERATED ALWAYS AS (json_extract(body, '$.case')) VIRTUAL,
  object TEXT GENERATED ALWAYS AS (json_extract(body, '$.object')) VIRTUAL,
  result TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.result')) VIRTUAL
) STRICT
--;
CREATE INDEX ix_audit_event_actor ON audit_event (actor, at)
--;
CREATE INDEX ix_audit_event_member_id ON audit_event (member_id, id) WHERE member_id IS NOT NULL
--;
CREATE TABLE audit_seal (
  seq INTEGER PRIMARY KEY,
  event_id INTEGER NOT NULL UNIQUE REFERENCES audit_event (id),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT
--;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER member_note_no_update BEFORE UPDATE ON member_note BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER member_note_no_delete BEFORE DELETE ON member_note BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, 'append-only'); END
