-- What the program's own role may do on PostgreSQL: read everything, add where it adds, change only what changes. The
-- ledger moves by the insertion of an operation alone, whose trigger runs with the owner's rights; ledger and audit are
-- never changed or emptied. The role owns nothing. Names in braces are put in, quoted.
REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}
--;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {role}
--;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC, {role}
--;
REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}
--;
-- A temporary table could stand in the place of a real one, and its trigger would pass for the ledger's.
REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}
--;
GRANT CONNECT ON DATABASE {database} TO {role}
--;
GRANT USAGE ON SCHEMA {schema} TO {role}
--;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}
--;
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}
--;
-- Ledger.
GRANT INSERT, UPDATE (affiliated_at) ON account TO {role}
--;
GRANT INSERT (id, request_hash, kind, outcome, member_id, actor, branch, terminal, channel, case_id, body, reversal_of, settles_hold, external_ref, value_date, at) ON operation TO {role}
--;
GRANT INSERT ON rollup TO {role}
--;
-- Audit.
GRANT INSERT (body) ON audit_event TO {role}
--;
GRANT INSERT ON audit_seal, member_note, consent TO {role}
--;
GRANT INSERT ON audit_mark, audit_sign_off, audit_comment, audit_question TO {role}
--;
GRANT INSERT ON pattern_line, pattern_closure, follow_up, follow_up_end TO {role}
--;
GRANT INSERT ON privacy_request, privacy_step, breach, breach_step TO {role}
--;
-- Recordings of sessions: the guards let chunks go when the recording is marked as purged.
GRANT INSERT, UPDATE (ended_at, ending, purged_at) ON recording TO {role}
--;
GRANT INSERT, DELETE ON recording_chunk TO {role}
--;
-- Members.
GRANT INSERT, UPDATE (email, email_since, phone, phone_since) ON member TO {role}
--;
GRANT INSERT, UPDATE (state, settled_at) ON contact_change TO {role}
--;
GRANT INSERT, DELETE ON name_token TO {role}
--;
GRANT INSERT ON name_variant, imported_file TO {role}
--;
GRANT INSERT, UPDATE (value) ON store_meta TO {role}
--;
-- Online access.
GRANT INSERT, UPDATE ON access, remembered_device, outbox TO {role}
--;
GRANT INSERT, UPDATE (used_at, ended_at, end_reason, secret_hash) ON temporary_credential TO {role}
--;
GRANT INSERT, DELETE ON security_answer TO {role}
--;
-- Staff and verification.
GRANT INSERT, UPDATE ON staff, staff_session, service_case TO {role}
--;
GRANT INSERT ON staff_relative TO {role}
--;
GRANT INSERT, UPDATE (state, decided_by, decided_at, decision) ON proposal TO {role}
--;
GRANT INSERT ON policy_version TO {role}
--;
GRANT INSERT, UPDATE (result) ON verification_factor TO {role}
--;
GRANT INSERT, UPDATE, DELETE ON one_time_code TO {role}
--;
GRANT INSERT, UPDATE (level, factors, expires_at, ended_at, end_reason) ON verification_lease TO {role}
--;
GRANT INSERT, UPDATE (lifted_at, lifted_by) ON verification_block TO {role}
--;
-- Payments: what was asked for stays; only what became of it is written beside.
GRANT INSERT, UPDATE (state, decided_by, decided_at, decision) ON approval_request TO {role}
--;
GRANT INSERT, UPDATE ON favourite, biller_order, schedule_run TO {role}
--;
GRANT INSERT, UPDATE (state, next_on, runs_left, ended_at) ON schedule TO {role}
--;
GRANT INSERT ON reconciliation, cash_mark TO {role}
--;
GRANT INSERT, UPDATE (settled_at, settled_by, note) ON reconciliation_line TO {role}
--;
GRANT INSERT, UPDATE (closed_at, closing_key, closed_with, counted, count, expected, kept, tries, trail) ON drawer TO {role}
--;
GRANT INSERT, UPDATE (state, settled_at) ON cash_handover TO {role}
--;
-- The member's own side.
GRANT INSERT, UPDATE, DELETE ON member_door, member_code, portal_challenge TO {role}
--;
GRANT INSERT, DELETE ON portal_try, answer_failure TO {role}
--;
GRANT INSERT, UPDATE ON member_session TO {role}
--;
GRANT INSERT, UPDATE (settled_at, settled_by, note) ON image_report TO {role}
--;
GRANT INSERT ON contract_signature, statement_mail TO {role}
