-- Whether the base of a card's points counts the tax (rule 14).
ALTER TABLE loyalty_card ADD COLUMN tax_included BOOLEAN NOT NULL DEFAULT TRUE;

-- How far a refund takes back what its sale earned (rule 25); how many days a sale can be claimed (rule 8), and points that a
-- refund returns live where they expired meanwhile (rule 25).
ALTER TABLE merchant ADD COLUMN refund_policy TEXT NOT NULL DEFAULT 'BELOW_ZERO'
    CHECK (refund_policy IN ('BELOW_ZERO', 'TO_ZERO', 'PENDING_ONLY'));
ALTER TABLE merchant ADD COLUMN claim_days INTEGER NOT NULL DEFAULT 14 CHECK (claim_days >= 0);
ALTER TABLE merchant ADD COLUMN refund_grace_days INTEGER NOT NULL DEFAULT 14 CHECK (refund_grace_days >= 0);

-- What a till needs to redeem (rule 21); null: by the kind of customer.
ALTER TABLE store ADD COLUMN till_redemption TEXT CHECK (till_redemption IN ('CODE', 'LOYALTY_ID'));
