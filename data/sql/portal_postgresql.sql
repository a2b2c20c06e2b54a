-- A signed contract is evidence: nobody changes it (E1, req. 36).
CREATE TRIGGER contract_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_signature FOR EACH STATEMENT EXECUTE FUNCTION append_only()
