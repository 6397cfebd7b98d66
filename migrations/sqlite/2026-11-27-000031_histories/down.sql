DROP TRIGGER hold_stays_as_made;
DROP TRIGGER account_is_never_deleted;
DROP TRIGGER account_stays_whose_it_is;
ALTER TABLE hold DROP COLUMN ended_at;
DROP TABLE entry_reason;
