-- The audit trail on PostgreSQL. Only body is written; the columns that are searched are generated from it.
-- xid lets the sealer take events whose transactions are older than the oldest that still runs: no gap, no wait.
CREATE TABLE audit_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  body text NOT NULL,
  at text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'at') STORED,
  action text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'action') STORED,
  actor text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'actor') STORED,
  member_id bigint GENERATED ALWAYS AS ((body::jsonb ->> 'member')::bigint) STORED,
  case_id text GENERATED ALWAYS AS (body::jsonb ->> 'case') STORED,
  object text GENERATED ALWAYS AS (body::jsonb ->> 'object') STORED,
  result text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'result') STORED
)
--;
CREATE INDEX ix_audit_event_actor ON audit_event (actor, at)
--;
CREATE INDEX ix_audit_event_member_id ON audit_event (member_id, id) WHERE member_id IS NOT NULL
--;
CREATE INDEX ix_audit_event_xid ON audit_event (xid, id)
--;
CREATE TABLE audit_seal (
  seq bigint PRIMARY KEY,
  event_id bigint NOT NULL UNIQUE REFERENCES audit_event (id),
  hash bytea NOT NULL CHECK (length(hash) = 32)
)
--;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER member_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON member_note FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION append_only()
