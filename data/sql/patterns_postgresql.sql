-- What the patterns found, and how it was closed, is added to and never changed (C16).
CREATE TRIGGER pattern_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pattern_line FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER pattern_closure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pattern_closure FOR EACH STATEMENT EXECUTE FUNCTION append_only()
