-- The payments of one loan: what it asks for next follows from the last of them.
CREATE INDEX ix_operation_loan ON operation (json_extract(body, '$.request.asked.to'), seq)
  WHERE kind IN ('loan.pay', 'loan.pay_third')
