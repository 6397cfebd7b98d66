ALTER TABLE store DROP COLUMN till_redemption;
ALTER TABLE merchant DROP COLUMN refund_grace_days;
ALTER TABLE merchant DROP COLUMN claim_days;
ALTER TABLE merchant DROP COLUMN refund_policy;
ALTER TABLE loyalty_card DROP COLUMN tax_included;
