-- What auditors wrote about the trail is added to and never changed (C11).
CREATE TRIGGER audit_mark_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_mark FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER audit_sign_off_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_sign_off FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER audit_comment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_comment FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER audit_question_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_question FOR EACH STATEMENT EXECUTE FUNCTION append_only()
