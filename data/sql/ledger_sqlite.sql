-- The ledger on SQLite. One INSERT into operation is the only way in; statements are parted by lines of --;
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  member_id INTEGER REFERENCES member (id),
  product TEXT NOT NULL,
  label TEXT NOT NULL,
  branch TEXT NOT NULL,
  opened_on TEXT,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'blocked', 'closed')),
  affiliated_at TEXT,
  card_token TEXT,
  card_last4 TEXT CHECK (card_last4 IS NULL OR length(card_last4) = 4),
  terms TEXT,
  tracked INTEGER NOT NULL DEFAULT 1 CHECK (tracked IN (0, 1)),
  balance INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  floor INTEGER NOT NULL DEFAULT 0,
  min_balance INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT no_overdraft CHECK (balance - held >= min_balance)
) STRICT
--;
CREATE INDEX ix_account_member_id ON account (member_id)
--;
CREATE TABLE operation (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('posted', 'rejected', 'held', 'released')),
  member_id INTEGER REFERENCES member (id),
  actor TEXT NOT NULL,
  branch TEXT NOT NULL,
  terminal TEXT NOT NULL,
  channel TEXT NOT NULL,
  case_id TEXT,
  body TEXT NOT NULL CHECK (json_valid(body)),
  reversal_of TEXT UNIQUE REFERENCES operation (id),
  settles_hold TEXT UNIQUE REFERENCES hold (id),
  external_ref TEXT UNIQUE,
  value_date TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT
--;
CREATE INDEX ix_operation_member_id ON operation (member_id, seq)
--;
-- What a member moved and an agent posted on one day: the daily limits.
CREATE INDEX ix_operation_member_day ON operation (member_id, value_date, kind) WHERE member_id IS NOT NULL
--;
CREATE INDEX ix_operation_actor_day ON operation (actor, value_date, kind)
--;
CREATE TABLE transfer (
  operation_id TEXT NOT NULL REFERENCES operation (id),
  leg INTEGER NOT NULL,
  debit INTEGER NOT NULL REFERENCES account (id),
  credit INTEGER NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (operation_id, leg),
  CHECK (debit <> credit)
) STRICT, WITHOUT ROWID
--;
CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  operation_id TEXT NOT NULL,
  leg INTEGER NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL,
  balance_after INTEGER,
  FOREIGN KEY (operation_id, leg) REFERENCES transfer (operation_id, leg)
) STRICT
--;
CREATE INDEX ix_entry_account_id ON entry (account_id, id)
--;
CREATE TABLE hold (
  id TEXT PRIMARY KEY NOT NULL REFERENCES operation (id),
  account_id INTEGER NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL CHECK (amount > 0)
) STRICT
--;
CREATE INDEX ix_hold_account_id ON hold (account_id)
--;
CREATE TABLE hold_release (
  hold_id TEXT PRIMARY KEY NOT NULL REFERENCES hold (id),
  operation_id TEXT NOT NULL REFERENCES operation (id)
) STRICT
--;
CREATE TABLE rollup (
  account_id INTEGER NOT NULL REFERENCES account (id),
  upto_entry INTEGER NOT NULL REFERENCES entry (id),
  balance INTEGER NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (account_id, upto_entry)
) STRICT
--;
-- Money enters an account by an operation only, so a new account starts at nothing.
CREATE TRIGGER account_starts_empty BEFORE INSERT ON account WHEN NEW.balance <> 0 OR NEW.held <> 0 OR NEW.version <> 0 BEGIN
  SELECT RAISE(ABORT, 'account_not_empty');
END
--;
-- A key that was used stays as it was, whatever words the INSERT came with: OR REPLACE would delete the first operation.
CREATE TRIGGER operation_once BEFORE INSERT ON operation BEGIN
  SELECT RAISE(IGNORE) WHERE EXISTS (SELECT 1 FROM operation WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: operation.seq') WHERE EXISTS (SELECT 1 FROM operation WHERE seq = NEW.seq);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: operation.reversal_of')
    WHERE EXISTS (SELECT 1 FROM operation WHERE reversal_of = NEW.reversal_of);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: operation.settles_hold')
    WHERE EXISTS (SELECT 1 FROM operation WHERE settles_hold = NEW.settles_hold);
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: operation.external_ref')
    WHERE EXISTS (SELECT 1 FROM operation WHERE external_ref = NEW.external_ref);
END
--;
-- What is refused is raised and not left to a constraint: OR IGNORE passes over a constraint inside a trigger, and half
-- of an operation would stay.
CREATE TRIGGER operation_post AFTER INSERT ON operation BEGIN
  SELECT RAISE(ABORT, 'no_legs') WHERE NEW.outcome = 'posted'
    AND coalesce(json_array_length(NEW.body, '$.legs'), 0) = 0;
  SELECT RAISE(ABORT, 'no_hold') WHERE NEW.outcome = 'released' AND NEW.settles_hold IS NULL;
  SELECT RAISE(ABORT, 'not_settled') WHERE NEW.outcome IN ('rejected', 'held')
    AND (NEW.settles_hold IS NOT NULL OR NEW.reversal_of IS NOT NULL);
  INSERT INTO hold_release (hold_id, operation_id) SELECT NEW.settles_hold, NEW.id WHERE NEW.settles_hold IS NOT NULL;
  INSERT INTO hold (id, account_id, amount)
    SELECT NEW.id, json_extract(NEW.body, '$.hold.account'), json_extract(NEW.body, '$.hold.amount') WHERE NEW.outcome = 'held';
  INSERT INTO transfer (operation_id, leg, debit, credit, amount)
    SELECT NEW.id, key + 1, json_extract(value, '$.debit'), json_extract(value, '$.credit'), json_extract(value, '$.amount')
    FROM json_each(NEW.body, '$.legs') WHERE NEW.outcome = 'posted' ORDER BY key;
  SELECT RAISE(ABORT, 'not_whole') WHERE
    CASE NEW.outcome WHEN 'posted' THEN json_array_length(NEW.body, '$.legs') ELSE 0 END
      <> (SELECT count(*) FROM transfer WHERE operation_id = NEW.id)
    OR (NEW.outcome = 'held') <> EXISTS (SELECT 1 FROM hold WHERE id = NEW.id);
END
--;
CREATE TRIGGER hold_belongs BEFORE INSERT ON hold WHEN EXISTS (SELECT 1 FROM hold WHERE id = NEW.id) OR NOT EXISTS (
  SELECT 1 FROM operation WHERE id = NEW.id AND outcome = 'held' AND json_extract(body, '$.hold.account') IS NEW.account_id
    AND json_extract(body, '$.hold.amount') IS NEW.amount) BEGIN
  SELECT RAISE(ABORT, 'only_by_operation');
END
--;
CREATE TRIGGER hold_release_belongs BEFORE INSERT ON hold_release
  WHEN EXISTS (SELECT 1 FROM hold_release WHERE hold_id = NEW.hold_id) OR NOT EXISTS (
  SELECT 1 FROM operation WHERE id = NEW.operation_id AND settles_hold = NEW.hold_id) BEGIN
  SELECT RAISE(ABORT, 'only_by_operation');
END
--;
-- A leg is written for the newest operation and for its body, an entry for the newest leg; each once.
CREATE TRIGGER transfer_belongs BEFORE INSERT ON transfer
  WHEN EXISTS (SELECT 1 FROM transfer WHERE operation_id = NEW.operation_id AND leg = NEW.leg) OR NOT EXISTS (
  SELECT 1 FROM operation WHERE seq = (SELECT max(seq) FROM operation) AND id = NEW.operation_id AND outcome = 'posted'
    AND json_extract(body, '$.legs[' || (NEW.leg - 1) || '].debit') IS NEW.debit
    AND json_extract(body, '$.legs[' || (NEW.leg - 1) || '].credit') IS NEW.credit
    AND json_extract(body, '$.legs[' || (NEW.leg - 1) || '].amount') IS NEW.amount) BEGIN
  SELECT RAISE(ABORT, 'only_by_operation');
END
--;
CREATE TRIGGER entry_belongs BEFORE INSERT ON entry
  WHEN EXISTS (SELECT 1 FROM entry WHERE id >= (SELECT max(id) FROM entry) - 1 AND operation_id = NEW.operation_id
    AND leg = NEW.leg AND account_id = NEW.account_id) OR NOT EXISTS (
  SELECT 1 FROM transfer WHERE operation_id = (SELECT id FROM operation ORDER BY seq DESC LIMIT 1)
    AND operation_id = NEW.operation_id AND leg = NEW.leg
    AND leg = (SELECT max(leg) FROM transfer WHERE operation_id = NEW.operation_id)
    AND NEW.amount = CASE NEW.account_id WHEN debit THEN -amount WHEN credit THEN amount END) BEGIN
  SELECT RAISE(ABORT, 'only_by_operation');
END
--;
CREATE TRIGGER hold_place AFTER INSERT ON hold BEGIN
  SELECT RAISE(ABORT, 'no_overdraft') FROM account WHERE id = NEW.account_id AND balance - held - NEW.amount < min_balance;
  SELECT RAISE(ABORT, 'account_not_open') FROM account WHERE id = NEW.account_id AND (status <> 'open' OR NOT tracked);
  UPDATE account SET held = held + NEW.amount, version = version + 1 WHERE id = NEW.account_id;
END
--;
CREATE TRIGGER hold_end AFTER INSERT ON hold_release BEGIN
  UPDATE account SET held = held - (SELECT amount FROM hold WHERE id = NEW.hold_id), version = version + 1
    WHERE id = (SELECT account_id FROM hold WHERE id = NEW.hold_id);
END
--;
-- Imported history is fact, even where it left an account overdrawn: min_balance sinks with it. Credits lift it back
-- towards the floor; nothing else may pass below it.
CREATE TRIGGER transfer_apply AFTER INSERT ON transfer BEGIN
  SELECT RAISE(ABORT, 'account_not_open') FROM account, operation o
    WHERE o.id = NEW.operation_id AND o.kind <> 'history' AND account.id IN (NEW.debit, NEW.credit)
      AND (status = 'closed' OR (status = 'blocked' AND account.id = NEW.debit));
  SELECT RAISE(ABORT, 'no_overdraft') FROM account, operation o
    WHERE o.id = NEW.operation_id AND o.kind <> 'history' AND account.id = NEW.debit AND tracked
      AND balance - NEW.amount - held < min_balance;
  UPDATE account SET balance = balance - NEW.amount, version = version + 1,
      min_balance = CASE WHEN (SELECT kind FROM operation WHERE id = NEW.operation_id) = 'history'
        THEN min(min_balance, balance - NEW.amount - held) ELSE min_balance END
    WHERE id = NEW.debit AND tracked;
  UPDATE account SET balance = balance + NEW.amount, version = version + 1,
      min_balance = CASE WHEN min_balance < floor
        THEN min(floor, max(min_balance, balance + NEW.amount - held)) ELSE min_balance END
    WHERE id = NEW.credit AND tracked;
  INSERT INTO entry (operation_id, leg, account_id, amount, balance_after)
    SELECT NEW.operation_id, NEW.leg, id, CASE id WHEN NEW.debit THEN -NEW.amount ELSE NEW.amount END,
      CASE WHEN tracked THEN balance END
    FROM account WHERE id IN (NEW.debit, NEW.credit) ORDER BY id = NEW.credit;
END
--;
-- What an account has and holds follows from the ledger. A balance may change only while a leg is being applied, which is
-- when the newest transfer has no entry yet, and only by that leg; what is held is the sum of the open holds.
CREATE TRIGGER account_balance_follows BEFORE UPDATE OF balance ON account WHEN NEW.balance IS NOT OLD.balance AND NOT EXISTS (
  SELECT 1 FROM transfer t LEFT JOIN entry e ON e.id = (SELECT max(id) FROM entry)
    WHERE t.operation_id = (SELECT id FROM operation ORDER BY seq DESC LIMIT 1)
      AND NEW.balance - OLD.balance = CASE OLD.id WHEN t.debit THEN -t.amount WHEN t.credit THEN t.amount END
      AND (e.id IS NULL OR e.operation_id <> t.operation_id OR e.leg < t.leg)) BEGIN
  SELECT RAISE(ABORT, 'balance_follows_entries');
END
--;
CREATE TRIGGER account_held_follows BEFORE UPDATE OF held ON account WHEN NEW.held <> (
  SELECT coalesce(sum(h.amount), 0) FROM hold h
    WHERE h.account_id = OLD.id AND NOT EXISTS (SELECT 1 FROM hold_release r WHERE r.hold_id = h.id)) BEGIN
  SELECT RAISE(ABORT, 'held_follows_holds');
END
--;
CREATE TRIGGER account_identity BEFORE UPDATE OF id, number, tracked ON account BEGIN SELECT RAISE(ABORT, 'account_identity'); END
--;
CREATE TRIGGER account_keeps BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER operation_no_update BEFORE UPDATE ON operation BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER operation_no_delete BEFORE DELETE ON operation BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER hold_no_update BEFORE UPDATE ON hold BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER hold_no_delete BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER hold_release_no_update BEFORE UPDATE ON hold_release BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER hold_release_no_delete BEFORE DELETE ON hold_release BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER rollup_no_update BEFORE UPDATE ON rollup BEGIN SELECT RAISE(ABORT, 'append-only'); END
--;
CREATE TRIGGER rollup_no_delete BEFORE DELETE ON rollup BEGIN SELECT RAISE(ABORT, 'append-only'); END
