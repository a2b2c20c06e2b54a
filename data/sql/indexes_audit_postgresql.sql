-- What the auditors' filters look up: each index answers one word of the filter line, newest first.
DROP INDEX ix_audit_event_actor
--;
CREATE INDEX ix_audit_event_actor ON audit_event (actor, at, id, action)
--;
CREATE INDEX ix_audit_event_at ON audit_event (at, id)
--;
CREATE INDEX ix_audit_event_action ON audit_event (action, at, id)
--;
CREATE INDEX ix_audit_event_terminal ON audit_event ((body::jsonb ->> 'terminal'), at, id, action)
--;
-- Most events went well and most move no money: these two cost nothing where they don't.
CREATE INDEX ix_audit_event_result ON audit_event (result, at, id, actor, action) WHERE result <> 'ok'
--;
CREATE INDEX ix_audit_event_amount ON audit_event ((body::jsonb #>> '{detail,amount}'), at, id) WHERE (body::jsonb #>> '{detail,amount}') IS NOT NULL
