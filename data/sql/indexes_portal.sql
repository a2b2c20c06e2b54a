-- Authorisation and sign-in look for the open sessions of a member.
CREATE INDEX ix_member_session_open ON member_session (member_id) WHERE ended_at IS NULL
