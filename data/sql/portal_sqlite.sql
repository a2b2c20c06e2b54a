-- A signed contract is evidence: nobody changes it (E1, req. 36).
CREATE TRIGGER contract_signature_no_update BEFORE UPDATE ON contract_signature BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER contract_signature_no_delete BEFORE DELETE ON contract_signature BEGIN SELECT RAISE(ABORT, 'append-only'); END
