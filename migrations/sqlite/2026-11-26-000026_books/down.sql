DROP TRIGGER earning_line_is_never_deleted;
DROP TRIGGER earning_line_is_never_changed;
DROP INDEX seal_head_account;
DROP INDEX lot_held;
DROP INDEX redemption_of_intent;
