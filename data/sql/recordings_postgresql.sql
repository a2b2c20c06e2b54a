-- A recording is added to and never changed; its chunks go when its days are over, and only then (C5, req. 53).
CREATE FUNCTION recording_chunk_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT 1 FROM recording r WHERE r.id = old.recording_id AND r.purged_at IS NOT NULL) THEN
      RETURN old;
    END IF;
  ELSIF EXISTS (SELECT 1 FROM recording r WHERE r.id = new.recording_id AND r.ended_at IS NULL) THEN
    RETURN new;
  END IF;
  RAISE EXCEPTION 'append-only';
END
$$
--;
CREATE TRIGGER recording_no_delete BEFORE DELETE OR TRUNCATE ON recording FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER recording_closed_once BEFORE UPDATE ON recording FOR EACH ROW WHEN (new.id IS DISTINCT FROM old.id OR new.session_id IS DISTINCT FROM old.session_id OR new.staff_id IS DISTINCT FROM old.staff_id OR new.terminal IS DISTINCT FROM old.terminal OR new.started_at IS DISTINCT FROM old.started_at OR (old.ended_at IS NOT NULL AND (new.ended_at IS DISTINCT FROM old.ended_at OR new.ending IS DISTINCT FROM old.ending)) OR old.purged_at IS NOT NULL OR (new.purged_at IS NOT NULL AND new.ended_at IS NULL)) EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER recording_chunk_no_update BEFORE UPDATE OR TRUNCATE ON recording_chunk FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER recording_chunk_kept BEFORE INSERT OR DELETE ON recording_chunk FOR EACH ROW EXECUTE FUNCTION recording_chunk_guard()
