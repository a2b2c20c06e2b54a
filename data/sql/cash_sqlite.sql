-- A drawer or vault can't give cash that it hasn't got: its balance is what the cooperative holds there, with a minus.
CREATE TRIGGER cash_not_negative BEFORE UPDATE OF balance ON account
  WHEN NEW.balance > 0 AND OLD.member_id IS NULL AND OLD.product IN ('drawer', 'vault') BEGIN
  SELECT RAISE(ABORT, 'no_overdraft_cash');
END
