DROP INDEX offer_code;
ALTER TABLE campaign DROP COLUMN name_key;
ALTER TABLE product DROP COLUMN category_key;
ALTER TABLE product DROP COLUMN name_key;
