-- Whoever proves an address is offered what merchants keep under it: the one look-up of customers without a merchant.
CREATE INDEX membership_claimable ON membership (email_key) WHERE managed AND email_key <> '';
