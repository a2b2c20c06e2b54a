-- A request and a breach are closed once.
CREATE UNIQUE INDEX uq_privacy_step_closed ON privacy_step (request_id) WHERE state = 'closed'
--;
CREATE UNIQUE INDEX uq_breach_step_closed ON breach_step (breach_id) WHERE state = 'closed'
