-- A recording is added to and never changed; its chunks go when its days are over, and only then (C5, req. 53).
CREATE TRIGGER recording_no_delete BEFORE DELETE ON recording BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER recording_closed_once BEFORE UPDATE ON recording WHEN new.id IS NOT old.id OR new.session_id IS NOT old.session_id OR new.staff_id IS NOT old.staff_id OR new.terminal IS NOT old.terminal OR new.started_at IS NOT old.started_at OR (old.ended_at IS NOT NULL AND (new.ended_at IS NOT old.ended_at OR new.ending IS NOT old.ending)) OR old.purged_at IS NOT NULL OR (new.purged_at IS NOT NULL AND new.ended_at IS NULL) BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER recording_chunk_no_update BEFORE UPDATE ON recording_chunk BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER recording_chunk_kept BEFORE DELETE ON recording_chunk WHEN NOT EXISTS (SELECT 1 FROM recording r WHERE r.id = old.recording_id AND r.purged_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER recording_chunk_before_the_end BEFORE INSERT ON recording_chunk WHEN EXISTS (SELECT 1 FROM recording r WHERE r.id = new.recording_id AND r.ended_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'append-only'); END
