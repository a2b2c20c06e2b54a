-- The registers of rights over personal data and of breaches are added to and never changed (L8, req. 54).
CREATE TRIGGER privacy_request_no_update BEFORE UPDATE ON privacy_request BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER privacy_request_no_delete BEFORE DELETE ON privacy_request BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER privacy_step_no_update BEFORE UPDATE ON privacy_step BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER privacy_step_no_delete BEFORE DELETE ON privacy_step BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER breach_no_update BEFORE UPDATE ON breach BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER breach_no_delete BEFORE DELETE ON breach BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER breach_step_no_update BEFORE UPDATE ON breach_step BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER breach_step_no_delete BEFORE DELETE ON breach_step BEGIN SELECT RAISE(ABORT, 'append-only'); END
