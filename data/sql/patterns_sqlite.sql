-- What the patterns found, and how it was closed, is added to and never changed (C16).
CREATE TRIGGER pattern_line_no_update BEFORE UPDATE ON pattern_line BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER pattern_line_no_delete BEFORE DELETE ON pattern_line BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER pattern_closure_no_update BEFORE UPDATE ON pattern_closure BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER pattern_closure_no_delete BEFORE DELETE ON pattern_closure BEGIN SELECT RAISE(ABORT, 'append-only'); END
