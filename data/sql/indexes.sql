-- Partial indexes, alike on both databases. (Declared on the tables they would load both dialects at every start.)
-- Authorisation looks for the open case and the live lease of a session on every call.
CREATE INDEX ix_service_case_session_id ON service_case (session_id) WHERE closed_at IS NULL
--;
CREATE INDEX ix_verification_lease_session_id ON verification_lease (session_id) WHERE ended_at IS NULL
--;
-- A member never has two live temporary passwords (req. 27).
CREATE UNIQUE INDEX uq_temporary_credential_live ON temporary_credential (member_id)
  WHERE used_at IS NULL AND ended_at IS NULL
