-- What auditors wrote about the trail is added to and never changed (C11).
CREATE TRIGGER audit_mark_no_update BEFORE UPDATE ON audit_mark BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_mark_no_delete BEFORE DELETE ON audit_mark BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_sign_off_no_update BEFORE UPDATE ON audit_sign_off BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_sign_off_no_delete BEFORE DELETE ON audit_sign_off BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_comment_no_update BEFORE UPDATE ON audit_comment BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_comment_no_delete BEFORE DELETE ON audit_comment BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_question_no_update BEFORE UPDATE ON audit_question BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER audit_question_no_delete BEFORE DELETE ON audit_question BEGIN SELECT RAISE(ABORT, 'append-only'); END
