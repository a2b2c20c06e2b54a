-- The registers of rights over personal data and of breaches are added to and never changed (L8, req. 54).
CREATE TRIGGER privacy_request_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy_request FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER privacy_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy_step FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER breach_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON breach FOR EACH STATEMENT EXECUTE FUNCTION append_only()
--;
CREATE TRIGGER breach_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON breach_step FOR EACH STATEMENT EXECUTE FUNCTION append_only()
