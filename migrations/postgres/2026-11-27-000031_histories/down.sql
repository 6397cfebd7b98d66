DROP TRIGGER hold_stays_as_made ON hold;
DROP TRIGGER account_is_never_deleted ON account;
DROP TRIGGER account_stays_whose_it_is ON account;
ALTER TABLE hold DROP COLUMN ended_at;
DROP TABLE entry_reason;
