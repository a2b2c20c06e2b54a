-- What somebody should come back to, and that it was attended to, is added to and never changed.
CREATE TRIGGER follow_up_no_update BEFORE UPDATE ON follow_up BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER follow_up_no_delete BEFORE DELETE ON follow_up BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER follow_up_end_no_update BEFORE UPDATE ON follow_up_end BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER follow_up_end_no_delete BEFORE DELETE ON follow_up_end BEGIN SELECT RAISE(ABORT, 'append-only'); END
