-- What somebody should come back to, and that it was attended to, is added to and never changed.
CREATE TRIGGER follow_up_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON follow_up FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER follow_up_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON follow_up_end FOR EACH STATEMENT EXECUTE FUNCTION append_only()
