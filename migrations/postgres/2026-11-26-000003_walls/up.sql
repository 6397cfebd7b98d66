-- The second wall between tenants and between people: what a transaction sees, whatever its statements ask for. The first
-- one is in the statements themselves.
--
-- Every transaction of the server steps down to the role of its scope, and says whose scope it is: regulars_app is a
-- merchant's (regulars.merchant), regulars_person a person's (regulars.person), regulars_platform everybody's. There are
-- three, because of plans. A merchant's statements get one comparison with merchant_id, which leads every index, so that no
-- plan changes and no index is read past; what a person sees is found through what they have, and that is in the plans of
-- persons alone; and nothing at all is added for the platform. Whoever migrates is granted all three, and so sees everything
-- although the walls stand around owners too.

-- Roles are the cluster's: they may be there, of another database or made by an administrator.
DO $$
DECLARE
    serving TEXT;
    everyone CONSTANT TEXT := 'regulars_app, regulars_person, regulars_platform';
BEGIN
    FOREACH serving IN ARRAY string_to_array(everyone, ', ') LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = serving) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', serving);
            EXCEPTION
                -- In another database of this cluster somebody was faster.
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % is missing, and % may create none: have an administrator run CREATE ROLE regulars_app NOLOGIN; CREATE ROLE regulars_person NOLOGIN; CREATE ROLE regulars_platform NOLOGIN; GRANT % TO %',
                        serving, current_user, everyone, quote_ident(current_user);
            END;
        END IF;
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', serving);
            SET LOCAL ROLE NONE;
        EXCEPTION WHEN insufficient_privilege THEN
            BEGIN
                EXECUTE format('GRANT %I TO CURRENT_USER', serving);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% may not become %: have an administrator run GRANT % TO %',
                    current_user, serving, everyone, quote_ident(current_user);
            END;
        END;
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', current_schema(), everyone);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %s', current_schema(), everyone);
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', current_schema(), everyone);
    EXECUTE format('REVOKE ALL ON __diesel_schema_migrations FROM %s', everyone);
    -- Tables that come with later migrations.
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %s', current_schema(), everyone);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %s', current_schema(), everyone);
END $$;

-- Narrows an open transaction from the platform's scope to a merchant's or a person's: for the statement that finds out who
-- asks, so that it takes no round trip of its own.
CREATE FUNCTION narrow_scope(merchant BIGINT, person BIGINT) RETURNS BOOLEAN LANGUAGE sql VOLATILE
    AS $$
        SELECT set_config('role', CASE WHEN merchant IS NULL THEN 'regulars_person' ELSE 'regulars_app' END, TRUE) <> ''
            AND set_config('regulars.merchant', COALESCE(merchant::TEXT, ''), TRUE) IS NOT NULL
            AND set_config('regulars.person', COALESCE(person::TEXT, ''), TRUE) IS NOT NULL
    $$;

-- Writes a policy. In its condition {merchant} and {person} are whose the scope is, and {joined} the merchants whose live
-- customer the person is. A setting that was never made is null, and one that ended with its transaction is empty. It is
-- asked for in a sub-select, which runs once and not for every row; and not by a function, whose text would be parsed
-- whenever a statement is planned.
CREATE FUNCTION set_policy(policy TEXT, walled REGCLASS, command TEXT, role TEXT, condition TEXT) RETURNS VOID
    LANGUAGE plpgsql AS $$
DECLARE
    joined CONSTANT TEXT := '(SELECT m.merchant_id FROM membership m WHERE m.person_id = {person} AND NOT m.archived)';
    setting CONSTANT TEXT := '(SELECT NULLIF(current_setting(%L, TRUE), '''')::BIGINT)';
BEGIN
    condition := replace(condition, '{joined}', joined);
    condition := replace(condition, '{merchant}', format(setting, 'regulars.merchant'));
    condition := replace(condition, '{person}', format(setting, 'regulars.person'));
    EXECUTE format(
        'CREATE POLICY %I ON %s FOR %s TO %I %s (%s)',
        policy, walled, command, role, CASE command WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END, condition
    );
END $$;

-- Walls a table off: nobody sees anything of it but the platform. FORCE: its owner neither.
CREATE FUNCTION wall_off(walled REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO regulars_app, regulars_person, regulars_platform', walled);
    PERFORM set_policy('platform', walled, 'ALL', 'regulars_platform', 'TRUE');
END $$;

-- Walls a tenant table off: a merchant sees and writes its own rows, persons see none. What a migration adds with a
-- column merchant_id is walled off in the same migration: SELECT wall_off_tenants('…').
CREATE FUNCTION wall_off_tenants(walled REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wall_off(walled);
    PERFORM set_policy('tenant', walled, 'ALL', 'regulars_app', 'merchant_id = {merchant}');
END $$;

-- Shows persons rows of a table that is walled off.
CREATE FUNCTION show_persons(walled REGCLASS, condition TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_policy('shown', walled, 'SELECT', 'regulars_person', condition);
END $$;

-- Every table there is with a merchant. membership_search alone stays open: LIKE is not leakproof, so its index would not
-- be asked behind a policy. It is reached through functions that take the scope, and its hits join membership.
SELECT wall_off_tenants(attrelid::regclass)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE attname = 'merchant_id' AND NOT attisdropped AND relkind IN ('r', 'p')
    AND relnamespace = current_schema()::regnamespace AND relname <> 'membership_search'
ORDER BY relname;

-- Tenants. What a person may buy or join has the merchant's name on it.
SELECT wall_off('merchant');
SELECT set_policy('tenant', 'merchant', 'ALL', 'regulars_app', 'id = {merchant}');
SELECT show_persons('merchant', 'TRUE');

-- People. A merchant sees its founder, those who are or were its customers, and its staff. It makes and changes managed
-- customers alone; whom it has just made it sees although the membership is still to come.
SELECT wall_off('person');
SELECT set_policy('tenant', 'person', 'SELECT', 'regulars_app', '
    id = {merchant}
    OR EXISTS (SELECT FROM membership m WHERE m.merchant_id = {merchant} AND m.person_id = person.id)
    OR EXISTS (SELECT FROM staff_member w WHERE w.merchant_id = {merchant} AND w.person_id = person.id)');
SELECT set_policy('managed', 'person', 'UPDATE', 'regulars_app', '
    NOT registered
    AND EXISTS (SELECT FROM membership m WHERE m.merchant_id = {merchant} AND m.person_id = person.id)');
SELECT set_policy('made', 'person', 'INSERT', 'regulars_app', 'NOT registered AND {merchant} IS NOT NULL');
SELECT set_policy('newborn', 'person', 'SELECT', 'regulars_app',
    'NOT registered AND id = NULLIF(current_setting(''regulars.newborn'', TRUE), '''')::BIGINT');
SELECT show_persons('person', 'id = {person}');
SELECT set_policy('changed', 'person', 'UPDATE', 'regulars_person', 'id = {person}');

CREATE FUNCTION note_newborn() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('regulars.newborn', NEW.id::TEXT, TRUE);
    RETURN NEW;
END $$;
CREATE TRIGGER person_is_seen_by_its_maker BEFORE INSERT ON person FOR EACH ROW
    WHEN (NOT NEW.registered) EXECUTE FUNCTION note_newborn();

-- Log-ins are the platform's and their owner's.
SELECT wall_off(own), set_policy('own', own, 'ALL', 'regulars_person', 'person_id = {person}')
FROM unnest(ARRAY['session', 'refresh_token']::REGCLASS[]) own;

-- Mails and the tokens in them are the platform's alone.
SELECT wall_off('mail');
-- Who replaces a loyalty id blocks the old one: a merchant that of a customer it manages, a person their own.
SELECT set_policy('blocked', 'blocked_loyalty_id', 'INSERT', 'regulars_person', 'person_id = {person} AND merchant_id IS NULL');

-- What a person has at merchants. They join, leave and share by themselves, and open accounts.
SELECT show_persons(own, 'person_id = {person}')
FROM unnest(ARRAY[
    'membership', 'membership_card', 'account', 'orders', 'visit', 'redemption', 'redemption_intent'
]::REGCLASS[]) own;
SELECT set_policy('joined', own, 'INSERT', 'regulars_person', 'person_id = {person}'),
    set_policy('changed', own, 'UPDATE', 'regulars_person', 'person_id = {person}')
FROM unnest(ARRAY['membership', 'membership_card', 'account']::REGCLASS[]) own;
SELECT set_policy('given_up', 'membership_card', 'DELETE', 'regulars_person', 'person_id = {person}');
-- Outcomes of mutations that no merchant is involved in.
SELECT set_policy('own', 'idempotency', 'ALL', 'regulars_person', 'merchant_id = 0 AND actor_id = {person}');

-- What belongs to something that they see.
SELECT show_persons(part::REGCLASS, format(
    'EXISTS (SELECT FROM %1$s p WHERE p.merchant_id = %2$s.merchant_id AND p.id = %2$s.%3$s)', whole, part, key))
FROM (VALUES
    ('order_item', 'orders', 'order_id'),
    ('entry', 'account', 'account_id'),
    ('lot', 'account', 'account_id'),
    ('hold', 'account', 'account_id'),
    ('lot_use', 'lot', 'lot_id'),
    ('hold_lot', 'hold', 'hold_id'),
    ('campaign_store', 'campaign', 'campaign_id'),
    ('campaign_store_group', 'campaign', 'campaign_id'),
    ('offer_store', 'offer', 'offer_id'),
    ('offer_store_group', 'offer', 'offer_id'),
    ('offer_product', 'offer', 'offer_id'),
    ('loyalty_card_store', 'loyalty_card', 'loyalty_card_id'),
    ('loyalty_card_store_group', 'loyalty_card', 'loyalty_card_id'),
    ('loyalty_card_product', 'loyalty_card', 'loyalty_card_id')
) parts (part, whole, key);

-- The door to what merchants show: live stores, offers and cards of any merchant, and what those name. Of a merchant that
-- they joined persons see every store, and promotions that are over.
SELECT show_persons('store', '(is_active AND NOT archived) OR merchant_id IN {joined}');
SELECT show_persons('store_group', '
    merchant_id IN {joined}
    OR EXISTS (
        SELECT FROM store_group_member k JOIN store s ON s.merchant_id = k.merchant_id AND s.id = k.store_id
        WHERE k.merchant_id = store_group.merchant_id AND k.store_group_id = store_group.id
            AND s.is_active AND NOT s.archived
    )');
-- A pair of numbers: what they stand for is behind walls of its own.
SELECT show_persons('store_group_member', 'TRUE');
SELECT show_persons('campaign', '(status = ''ACTIVE'' AND NOT archived) OR merchant_id IN {joined}');
SELECT show_persons('offer', '
    (
        status = ''ACTIVE'' AND NOT archived
        AND (
            campaign_id IS NULL
            OR EXISTS (
                SELECT FROM campaign k WHERE k.merchant_id = offer.merchant_id AND k.id = offer.campaign_id
                    AND k.status = ''ACTIVE'' AND NOT k.archived
            )
        )
    )
    OR (status <> ''DRAFT'' AND merchant_id IN {joined})');
-- A card that they collect on stays theirs to see.
SELECT show_persons('loyalty_card', '
    (status = ''ACTIVE'' AND NOT archived)
    OR (status <> ''DRAFT'' AND merchant_id IN {joined})
    OR EXISTS (
        SELECT FROM account a WHERE a.merchant_id = loyalty_card.merchant_id AND a.person_id = {person}
            AND a.loyalty_card_id = loyalty_card.id
    )');
SELECT show_persons('loyalty_reward', '
    (
        NOT archived
        AND EXISTS (
            SELECT FROM loyalty_card c
            WHERE c.merchant_id = loyalty_reward.merchant_id AND c.id = loyalty_reward.loyalty_card_id
        )
    )
    OR EXISTS (
        SELECT FROM redemption r WHERE r.merchant_id = loyalty_reward.merchant_id AND r.person_id = {person}
            AND r.loyalty_reward_id = loyalty_reward.id
    )');
SELECT show_persons('product', '
    EXISTS (SELECT FROM offer_product x WHERE x.merchant_id = product.merchant_id AND x.product_id = product.id)
    OR EXISTS (SELECT FROM loyalty_card_product x WHERE x.merchant_id = product.merchant_id AND x.product_id = product.id)
    OR EXISTS (SELECT FROM loyalty_reward x WHERE x.merchant_id = product.merchant_id AND x.product_id = product.id)
    OR (merchant_id, id) IN (
        SELECT i.merchant_id, i.product_id FROM orders o
        JOIN order_item i ON i.merchant_id = o.merchant_id AND i.order_id = o.id
        WHERE o.person_id = {person}
    )');

-- The door at the till (rules 6 and 7): one exact loyalty id shows that one person's number, first name and city, to any
-- scope. A policy could hide rows and not columns, so it is a function, and runs as the platform.
CREATE FUNCTION identify(loyalty TEXT) RETURNS TABLE (id BIGINT, firstname TEXT, city TEXT)
    LANGUAGE sql STABLE ROWS 1 SET role = 'regulars_platform'
    AS $$
        SELECT p.id, p.firstname, p.city FROM person p
        WHERE p.registered AND p.active AND NOT p.archived AND p.user_type = 'CONSUMER' AND p.loyalty_id = loyalty
    $$;

-- Whether a number was blocked, by this merchant or by the person it was: every till has to know, and nothing more.
CREATE FUNCTION is_blocked(loyalty TEXT, merchant BIGINT) RETURNS BOOLEAN
    LANGUAGE sql STABLE SET role = 'regulars_platform'
    AS $$
        SELECT EXISTS (
            SELECT FROM blocked_loyalty_id b
            WHERE b.loyalty_id = loyalty AND (b.merchant_id IS NULL OR b.merchant_id = merchant)
        )
    $$;

-- How often promotions were redeemed, or are promised (rule 23): limits count everybody's, and a person who asks what is
-- left of them sees numbers and nobody.
CREATE FUNCTION count_uses(offers BIGINT[], cards BIGINT[], at BIGINT)
    RETURNS TABLE (offer_id BIGINT, loyalty_card_id BIGINT, uses BIGINT)
    LANGUAGE sql STABLE SET role = 'regulars_platform'
    AS $$
        SELECT u.offer_id, NULL::BIGINT, COUNT(*) FROM offer p
        JOIN redemption u ON u.merchant_id = p.merchant_id AND u.offer_id = p.id AND u.kind = 'OFFER'
        WHERE p.id = ANY (offers) AND u.reversed_at IS NULL GROUP BY u.offer_id
        UNION ALL
        SELECT u.offer_id, NULL::BIGINT, COUNT(*) FROM offer p
        JOIN redemption_intent u ON u.merchant_id = p.merchant_id AND u.offer_id = p.id AND u.kind = 'OFFER'
        WHERE p.id = ANY (offers) AND u.state = 'OPEN' AND u.expires_at > at GROUP BY u.offer_id
        UNION ALL
        SELECT NULL::BIGINT, u.loyalty_card_id, COUNT(*) FROM loyalty_card p
        JOIN redemption u ON u.merchant_id = p.merchant_id AND u.loyalty_card_id = p.id AND u.kind <> 'OFFER'
        WHERE p.id = ANY (cards) AND u.reversed_at IS NULL GROUP BY u.loyalty_card_id
        UNION ALL
        SELECT NULL::BIGINT, u.loyalty_card_id, COUNT(*) FROM loyalty_card p
        JOIN redemption_intent u ON u.merchant_id = p.merchant_id AND u.loyalty_card_id = p.id AND u.kind <> 'OFFER'
        WHERE p.id = ANY (cards) AND u.state = 'OPEN' AND u.expires_at > at GROUP BY u.loyalty_card_id
    $$;
