DROP TRIGGER consent_is_never_changed ON consent;
CREATE TRIGGER consent_is_never_changed BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP INDEX account_merged;
ALTER TABLE account DROP COLUMN merged;
ALTER TABLE account DROP COLUMN carried;
ALTER TABLE account DROP COLUMN merged_into;
DROP INDEX membership_managed_email;
CREATE UNIQUE INDEX membership_managed_email ON membership (merchant_id, email_key)
    WHERE managed AND email_key <> '';
DROP INDEX membership_merged;
DROP TABLE merge_move;
DROP TABLE merge;
