-- Folded copies, by which lists are searched and ordered. What there is of these yet comes from demo worlds and importers;
-- where the database folds less than the program does, a row gets its key with its next change.
ALTER TABLE product ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN category_key TEXT NOT NULL DEFAULT '';
UPDATE product SET name_key = lower(name), category_key = lower(COALESCE(category, ''));
ALTER TABLE campaign ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE campaign SET name_key = lower(name);

-- One code for everybody names one offer, in any case, as long as it is in use. Codes are of ASCII.
CREATE UNIQUE INDEX offer_code ON offer (merchant_id, upper(code))
    WHERE redemption_code_type = 'FIXED' AND NOT archived;
