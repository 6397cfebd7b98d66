//! Every table, in types that both databases share. What a merchant owns is declared with the key `(merchant_id, id)`: on
//! PostgreSQL that is the primary key, on SQLite `id` is the rowid and the pair is unique beside it. A test compares this
//! file with both live schemas.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the macro makes public modules; migrations document the columns"
)]

diesel::table! {
    person (id) {
        id -> BigInt,
        user_type -> Text,
        registered -> Bool,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        secondary_email -> Nullable<Text>,
        secondary_email_key -> Nullable<Text>,
        verified -> Bool,
        password_hash -> Nullable<Text>,
        token_version -> BigInt,
        firstname -> Text,
        lastname -> Text,
        phone_number -> Nullable<Text>,
        birthday -> Nullable<Text>,
        gender -> Nullable<Text>,
        country -> Nullable<Text>,
        city -> Nullable<Text>,
        street -> Nullable<Text>,
        zip_code -> Nullable<Text>,
        picture -> Nullable<Text>,
        logo -> Nullable<Text>,
        merchant_type -> Nullable<Text>,
        loyalty_id -> Nullable<Text>,
        staff -> Bool,
        admin -> Bool,
        archived -> Bool,
        active -> Bool,
        last_login -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    merchant (id) {
        id -> BigInt,
        name -> Text,
        merchant_type -> Nullable<Text>,
        time_zone -> Text,
        currency -> Text,
        num_of_order_discounts_allowed -> Integer,
        logo -> Nullable<Text>,
        refund_policy -> Text,
        claim_days -> Integer,
        refund_grace_days -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    session (id) {
        id -> BigInt,
        person_id -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_token (id) {
        id -> BigInt,
        session_id -> BigInt,
        person_id -> BigInt,
        token_hash -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    mail (id) {
        id -> BigInt,
        person_id -> Nullable<BigInt>,
        kind -> Text,
        address -> Text,
        state -> Text,
        attempts -> Integer,
        due_at -> BigInt,
        nonce -> Nullable<Binary>,
        token_hash -> Binary,
        token_version -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    blocked_loyalty_id (loyalty_id) {
        loyalty_id -> Text,
        person_id -> BigInt,
        merchant_id -> Nullable<BigInt>,
        blocked_at -> BigInt,
    }
}

diesel::table! {
    store (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        name -> Text,
        name_key -> Text,
        location -> Nullable<Text>,
        phone_number -> Nullable<Text>,
        country -> Nullable<Text>,
        state -> Nullable<Text>,
        city -> Nullable<Text>,
        city_key -> Text,
        street -> Nullable<Text>,
        zip_code -> Nullable<Text>,
        tax_rate -> Nullable<BigInt>,
        time_zone -> Nullable<Text>,
        day_starts_at -> Text,
        late_hours -> Integer,
        till_redemption -> Nullable<Text>,
        is_active -> Bool,
        archived -> Bool,
        extra_info -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    store_group (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        name -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    store_group_member (merchant_id, store_group_id, store_id) {
        merchant_id -> BigInt,
        store_group_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    staff_member (merchant_id, person_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        all_stores -> Bool,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_entry (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        created_at -> BigInt,
        actor_kind -> Text,
        person_id -> Nullable<BigInt>,
        app_id -> Nullable<BigInt>,
        action -> Text,
        target_kind -> Nullable<Text>,
        target_id -> Nullable<BigInt>,
        refusal -> Nullable<Text>,
        changes -> Nullable<Text>,
        request_id -> Text,
        personal -> Nullable<Text>,
        peer -> Nullable<Text>,
    }
}

diesel::table! {
    role (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        codename -> Nullable<Text>,
        display_name -> Text,
        permissions -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    application (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        app_id -> Text,
        name -> Text,
        permissions -> Text,
        all_stores -> Bool,
        requests_per_minute -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        creator_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    application_store (merchant_id, application_id, store_id) {
        merchant_id -> BigInt,
        application_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    api_key (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        application_id -> BigInt,
        prefix -> Text,
        secret_hash -> Binary,
        name -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        creator_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    staff_role (merchant_id, person_id, role_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        role_id -> BigInt,
    }
}

diesel::table! {
    staff_permission (merchant_id, person_id, permission) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        permission -> Text,
    }
}

diesel::table! {
    staff_store_group (merchant_id, person_id, store_group_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        store_group_id -> BigInt,
    }
}

diesel::table! {
    staff_store (merchant_id, person_id, store_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    product (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        name -> Text,
        price -> BigInt,
        currency -> Text,
        category -> Nullable<Text>,
        entity_source -> Nullable<Text>,
        entity_source_id -> Nullable<Text>,
        archived -> Bool,
        extra_info -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        name_key -> Text,
        category_key -> Text,
    }
}

diesel::table! {
    membership (merchant_id, person_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        managed -> Bool,
        sharing -> Nullable<Text>,
        loyalty_id -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Text,
        secondary_email -> Nullable<Text>,
        verified -> Bool,
        firstname -> Text,
        firstname_key -> Text,
        lastname -> Text,
        lastname_key -> Text,
        phone_number -> Nullable<Text>,
        birthday -> Nullable<Text>,
        gender -> Nullable<Text>,
        country -> Nullable<Text>,
        city -> Nullable<Text>,
        city_key -> Text,
        street -> Nullable<Text>,
        zip_code -> Nullable<Text>,
        picture -> Nullable<Text>,
        extra_info -> Nullable<Text>,
        folded_text -> Text,
        entity_source -> Nullable<Text>,
        entity_source_id -> Nullable<Text>,
        creator_id -> Nullable<BigInt>,
        num_of_order_discounts_allowed -> Integer,
        archived -> Bool,
        departed -> Bool,
        merged_into -> Nullable<BigInt>,
        last_login -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        erased_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    membership_card (merchant_id, card_key) {
        merchant_id -> BigInt,
        card_key -> Text,
        card -> Text,
        person_id -> BigInt,
        blocked_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    membership_search (merchant_id, person_id) {
        id -> BigInt,
        merchant_id -> BigInt,
        person_id -> BigInt,
        firstname -> Text,
        lastname -> Text,
        city -> Text,
        email -> Text,
        phone -> Text,
        loyalty_id -> Text,
        cards -> Text,
    }
}

diesel::table! {
    consent (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        person_id -> BigInt,
        channel -> Text,
        state -> Text,
        source -> Text,
        wording -> Text,
        decided_at -> BigInt,
        recorded_at -> BigInt,
        recorded_by -> Text,
        recorder_id -> Nullable<BigInt>,
        app_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    feed_entry (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        transaction_id -> BigInt,
        kind -> Text,
        person_id -> Nullable<BigInt>,
        subject_id -> BigInt,
        store_id -> Nullable<BigInt>,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    merge (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        other_id -> BigInt,
        survivor_id -> BigInt,
        kept -> Text,
        archived_at -> Nullable<BigInt>,
        merged_at -> BigInt,
        merged_by -> Nullable<BigInt>,
        undone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    merge_move (merchant_id, merge_id, kind, row_id) {
        merchant_id -> BigInt,
        merge_id -> BigInt,
        kind -> Text,
        row_id -> BigInt,
    }
}

diesel::table! {
    campaign (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        name -> Text,
        status -> Text,
        start_time -> Nullable<BigInt>,
        end_time -> Nullable<BigInt>,
        extra_info -> Nullable<Text>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        name_key -> Text,
    }
}

diesel::table! {
    offer (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        campaign_id -> Nullable<BigInt>,
        name -> Text,
        name_key -> Text,
        short_description -> Nullable<Text>,
        long_description -> Nullable<Text>,
        terms_and_conditions -> Nullable<Text>,
        offer_type -> Text,
        offer_value -> BigInt,
        num_of_items -> Nullable<Integer>,
        placement -> Nullable<Text>,
        redemption_code_type -> Text,
        code -> Nullable<Text>,
        redemption_expiration_days -> Nullable<Integer>,
        earn_points -> Bool,
        stackable -> Bool,
        status -> Text,
        start_time -> Nullable<BigInt>,
        end_time -> Nullable<BigInt>,
        day_start_time -> Nullable<Text>,
        day_end_time -> Nullable<Text>,
        days_of_week -> Integer,
        weather -> Nullable<Text>,
        enrollment_limit -> Nullable<BigInt>,
        repeatable -> Bool,
        repeat_delay_hours -> Nullable<Integer>,
        segmentation_rules -> Nullable<Text>,
        minimum_spend -> Nullable<BigInt>,
        minimum_spend_currency -> Nullable<Text>,
        extra_info -> Nullable<Text>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        code_key -> Nullable<Text>,
    }
}

diesel::table! {
    loyalty_card (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        name -> Text,
        name_key -> Text,
        short_description -> Nullable<Text>,
        long_description -> Nullable<Text>,
        terms_and_conditions -> Nullable<Text>,
        placement -> Nullable<Text>,
        loyalty_type -> Text,
        points_loyalty_type -> Nullable<Text>,
        dollar_worth -> Nullable<BigInt>,
        initial_points -> Nullable<BigInt>,
        max_points_per_day -> Nullable<BigInt>,
        points_needed -> Nullable<BigInt>,
        incremental_points -> Nullable<BigInt>,
        point_worth -> Nullable<BigInt>,
        min_price -> Nullable<BigInt>,
        max_price -> Nullable<BigInt>,
        validity_in_months -> Nullable<Integer>,
        tax_included -> Bool,
        activation_delay_days -> Nullable<Integer>,
        stamps_needed -> Nullable<Integer>,
        max_stamps_per_day -> Nullable<Integer>,
        stamp_expiration_days -> Nullable<Integer>,
        redemption_expiration_days -> Nullable<Integer>,
        currency -> Text,
        status -> Text,
        start_time -> Nullable<BigInt>,
        end_time -> Nullable<BigInt>,
        day_start_time -> Nullable<Text>,
        day_end_time -> Nullable<Text>,
        days_of_week -> Integer,
        weather -> Nullable<Text>,
        enrollment_limit -> Nullable<BigInt>,
        repeatable -> Bool,
        repeat_delay_hours -> Nullable<Integer>,
        segmentation_rules -> Nullable<Text>,
        minimum_spend -> Nullable<BigInt>,
        minimum_spend_currency -> Nullable<Text>,
        extra_info -> Nullable<Text>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    campaign_store (merchant_id, campaign_id, store_id) {
        merchant_id -> BigInt,
        campaign_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    campaign_store_group (merchant_id, campaign_id, store_group_id) {
        merchant_id -> BigInt,
        campaign_id -> BigInt,
        store_group_id -> BigInt,
    }
}

diesel::table! {
    offer_store (merchant_id, offer_id, store_id) {
        merchant_id -> BigInt,
        offer_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    offer_store_group (merchant_id, offer_id, store_group_id) {
        merchant_id -> BigInt,
        offer_id -> BigInt,
        store_group_id -> BigInt,
    }
}

diesel::table! {
    offer_product (merchant_id, offer_id, product_id) {
        merchant_id -> BigInt,
        offer_id -> BigInt,
        product_id -> BigInt,
    }
}

diesel::table! {
    loyalty_card_store (merchant_id, loyalty_card_id, store_id) {
        merchant_id -> BigInt,
        loyalty_card_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    loyalty_card_store_group (merchant_id, loyalty_card_id, store_group_id) {
        merchant_id -> BigInt,
        loyalty_card_id -> BigInt,
        store_group_id -> BigInt,
    }
}

diesel::table! {
    loyalty_card_product (merchant_id, loyalty_card_id, product_id) {
        merchant_id -> BigInt,
        loyalty_card_id -> BigInt,
        product_id -> BigInt,
    }
}

diesel::table! {
    loyalty_reward (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        loyalty_card_id -> BigInt,
        product_id -> BigInt,
        points -> BigInt,
        stock -> Nullable<BigInt>,
        expiry -> Nullable<BigInt>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    order_type (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    orders (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        number -> Text,
        store_id -> BigInt,
        person_id -> Nullable<BigInt>,
        waiter_id -> Nullable<BigInt>,
        phone_number -> Nullable<Text>,
        order_type_id -> BigInt,
        state -> Text,
        pickup_at -> Nullable<BigInt>,
        delivery_location -> Nullable<Text>,
        payment_type -> Nullable<Text>,
        payments -> Nullable<Text>,
        num_of_guests -> Nullable<Integer>,
        currency -> Text,
        cash_received -> Nullable<BigInt>,
        change_given -> Nullable<BigInt>,
        tax -> Nullable<BigInt>,
        total -> BigInt,
        refunded -> BigInt,
        completed -> Bool,
        completed_at -> Nullable<BigInt>,
        business_date -> Nullable<Text>,
        is_active -> Bool,
        deleted_at -> Nullable<BigInt>,
        entity_source -> Nullable<Text>,
        entity_source_id -> Nullable<Text>,
        extra_info -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    order_item (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        order_id -> BigInt,
        product_id -> Nullable<BigInt>,
        name -> Text,
        quantity -> Integer,
        num_of_discounted_units -> Integer,
        unit_price -> Nullable<BigInt>,
        modifiers -> Nullable<Text>,
        cost -> BigInt,
        is_completed -> Bool,
        entity_source -> Nullable<Text>,
        entity_source_id -> Nullable<Text>,
        extra_info -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    order_tip (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        order_id -> BigInt,
        amount -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    order_discount (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        order_id -> BigInt,
        kind -> Text,
        name -> Text,
        redemption_id -> Nullable<BigInt>,
        amount -> BigInt,
        points -> BigInt,
        unbacked -> Bool,
        created_at -> BigInt,
        redemption_intent_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        reason_code -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    order_discount_share (merchant_id, order_discount_id, order_item_id) {
        merchant_id -> BigInt,
        order_discount_id -> BigInt,
        order_item_id -> BigInt,
        amount -> BigInt,
        points -> BigInt,
        units -> Integer,
    }
}

diesel::table! {
    order_refund (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        order_id -> BigInt,
        order_item_id -> Nullable<BigInt>,
        whole -> Bool,
        is_cash -> Bool,
        reason -> Nullable<Text>,
        amount -> BigInt,
        tips -> BigInt,
        points_value -> BigInt,
        points -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    order_refund_share (merchant_id, order_refund_id, order_item_id) {
        merchant_id -> BigInt,
        order_refund_id -> BigInt,
        order_item_id -> BigInt,
        quantity -> Integer,
        money -> BigInt,
        points_value -> BigInt,
        points -> BigInt,
    }
}

diesel::table! {
    order_link (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        origin -> BigInt,
        store_id -> BigInt,
        entity_source -> Text,
        entity_source_id -> Text,
        order_id -> Nullable<BigInt>,
        fingerprint -> Nullable<Binary>,
        source_seq -> Nullable<BigInt>,
        source_updated_at -> Nullable<BigInt>,
        version -> Integer,
        outcome -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sale_refund (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        order_link_id -> BigInt,
        source_id -> Text,
        amount -> Nullable<BigInt>,
        is_cash -> Bool,
        reason -> Nullable<Text>,
        order_refund_id -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    sale_review (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        store_id -> BigInt,
        cause -> Text,
        cause_id -> BigInt,
        code -> Text,
        state -> Text,
        created_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
        resolved_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    order_claim (merchant_id, order_id) {
        merchant_id -> BigInt,
        order_id -> BigInt,
        person_id -> BigInt,
        business_date -> Text,
        actor_id -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    visit (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        store_id -> BigInt,
        person_id -> BigInt,
        order_id -> Nullable<BigInt>,
        amount -> BigInt,
        currency -> Text,
        occurred_at -> BigInt,
        business_date -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    account (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        person_id -> BigInt,
        loyalty_card_id -> BigInt,
        balance -> BigInt,
        debt -> BigInt,
        held -> BigInt,
        earned -> BigInt,
        seq -> BigInt,
        created_at -> BigInt,
        head -> Nullable<Binary>,
        head_at -> BigInt,
        sealed_seq -> BigInt,
        merged_into -> Nullable<BigInt>,
        carried -> BigInt,
        merged -> Bool,
    }
}

diesel::table! {
    entry (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        account_id -> BigInt,
        seq -> BigInt,
        kind -> Text,
        amount -> BigInt,
        cause -> Text,
        cause_id -> Nullable<BigInt>,
        natural_key -> Text,
        reverses -> Nullable<BigInt>,
        occurred_at -> BigInt,
        recorded_at -> BigInt,
        business_date -> Text,
        actor_id -> Nullable<BigInt>,
        hash -> Nullable<Binary>,
    }
}

diesel::table! {
    entry_reason (merchant_id, entry_id) {
        merchant_id -> BigInt,
        entry_id -> BigInt,
        reason -> Text,
    }
}

diesel::table! {
    lot (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        account_id -> BigInt,
        entry_id -> BigInt,
        amount -> BigInt,
        remaining -> BigInt,
        active_from -> BigInt,
        expires_at -> Nullable<BigInt>,
        revives -> Nullable<BigInt>,
        moved_from -> Nullable<BigInt>,
    }
}

diesel::table! {
    lot_use (merchant_id, entry_id, lot_id) {
        merchant_id -> BigInt,
        entry_id -> BigInt,
        lot_id -> BigInt,
        amount -> BigInt,
    }
}

diesel::table! {
    earning_line (merchant_id, entry_id, order_item_id) {
        merchant_id -> BigInt,
        entry_id -> BigInt,
        order_item_id -> BigInt,
        base -> BigInt,
        points -> BigInt,
    }
}

diesel::table! {
    welcome_mark (merchant_id, loyalty_card_id, kind, key_id, digest) {
        merchant_id -> BigInt,
        loyalty_card_id -> BigInt,
        kind -> Text,
        key_id -> Text,
        digest -> Text,
    }
}

diesel::table! {
    seal (merchant_id, seq) {
        merchant_id -> BigInt,
        seq -> BigInt,
        sealed_at -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    seal_head (merchant_id, seal_seq, account_id) {
        merchant_id -> BigInt,
        seal_seq -> BigInt,
        account_id -> BigInt,
        account_seq -> BigInt,
        head -> Binary,
    }
}

diesel::table! {
    pepper_check (key_id) {
        key_id -> Text,
        digest -> Text,
        noted_at -> BigInt,
    }
}

diesel::table! {
    lease (name) {
        name -> Text,
        holder -> Text,
        until -> BigInt,
    }
}

diesel::table! {
    hold (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        account_id -> BigInt,
        amount -> BigInt,
        until -> BigInt,
        state -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    hold_lot (merchant_id, hold_id, lot_id) {
        merchant_id -> BigInt,
        hold_id -> BigInt,
        lot_id -> BigInt,
        amount -> BigInt,
    }
}

diesel::table! {
    redemption_intent (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        kind -> Text,
        person_id -> Nullable<BigInt>,
        store_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        loyalty_card_id -> Nullable<BigInt>,
        loyalty_reward_id -> Nullable<BigInt>,
        hold_id -> Nullable<BigInt>,
        code -> Text,
        state -> Text,
        expires_at -> BigInt,
        created_at -> BigInt,
        order_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    redemption (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        kind -> Text,
        person_id -> Nullable<BigInt>,
        store_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        loyalty_card_id -> Nullable<BigInt>,
        loyalty_reward_id -> Nullable<BigInt>,
        redemption_intent_id -> Nullable<BigInt>,
        order_id -> Nullable<BigInt>,
        entry_id -> Nullable<BigInt>,
        points -> Nullable<BigInt>,
        amount -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        reversed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    idempotency (merchant_id, actor_id, mutation, idempotency_key) {
        merchant_id -> BigInt,
        actor_id -> BigInt,
        mutation -> Text,
        idempotency_key -> Text,
        fingerprint -> Binary,
        outcome -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    erasure (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        person_id -> BigInt,
        reason -> Text,
        receipt -> Text,
        erased_at -> BigInt,
        cleaned_at -> Nullable<BigInt>,
        logs_settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    erased_mark (merchant_id, kind, key_id, digest) {
        merchant_id -> BigInt,
        kind -> Text,
        key_id -> Text,
        digest -> Text,
        erased_at -> BigInt,
    }
}

diesel::table! {
    connection (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        source -> Text,
        name -> Text,
        state -> Text,
        settings -> Text,
        credentials -> Nullable<Binary>,
        token -> Text,
        health -> Text,
        health_message -> Nullable<Text>,
        failures -> BigInt,
        next_run_at -> Nullable<BigInt>,
        last_success_at -> Nullable<BigInt>,
        holder -> Nullable<Text>,
        held_until -> Nullable<BigInt>,
        fence -> BigInt,
        created_by -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sync_stream (merchant_id, connection_id, stream) {
        merchant_id -> BigInt,
        connection_id -> BigInt,
        stream -> Text,
        watermark -> Nullable<BigInt>,
        pass_kind -> Nullable<Text>,
        pass_from -> Nullable<BigInt>,
        pass_until -> Nullable<BigInt>,
        pass_mark -> Nullable<BigInt>,
        pass_cursor -> Nullable<Text>,
        pass_place -> Nullable<BigInt>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sync_run (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        dry_run -> Bool,
        state -> Text,
        is_to_end -> Bool,
        asked_by -> Nullable<BigInt>,
        phase -> Nullable<Text>,
        total -> Nullable<BigInt>,
        counts -> Text,
        budget -> Nullable<Text>,
        error -> Nullable<Text>,
        report -> Nullable<Text>,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        updated_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    source_record (merchant_id, connection_id, object, source_id) {
        merchant_id -> BigInt,
        connection_id -> BigInt,
        object -> Text,
        source_id -> Text,
        kind -> Text,
        state -> Text,
        image -> Text,
        digest -> Binary,
        version_seq -> Nullable<BigInt>,
        version_at -> Nullable<BigInt>,
        seen_run -> BigInt,
        subject_id -> Nullable<BigInt>,
        linked_by -> Nullable<Text>,
        redirect_to -> Nullable<Text>,
        gone_cause -> Nullable<Text>,
        waits_for -> Nullable<Text>,
        first_seen_at -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    field_provenance (merchant_id, person_id) {
        merchant_id -> BigInt,
        person_id -> BigInt,
        fields -> Text,
    }
}

diesel::table! {
    sync_reject (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        connection_id -> BigInt,
        run_id -> BigInt,
        object -> Text,
        reference -> Text,
        code -> Text,
        path -> Nullable<Text>,
        message -> Text,
        raw -> Text,
        whole -> Bool,
        created_at -> BigInt,
        replayed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sync_review (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        connection_id -> BigInt,
        object -> Text,
        source_id -> Text,
        kind -> Text,
        people -> Text,
        evidence -> Text,
        state -> Text,
        created_at -> BigInt,
        resolved_at -> Nullable<BigInt>,
        resolved_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    sync_inbox (merchant_id, id) {
        id -> BigInt,
        merchant_id -> BigInt,
        connection_id -> BigInt,
        delivery -> Text,
        topic -> Text,
        body -> Text,
        received_at -> BigInt,
        handled_at -> Nullable<BigInt>,
        attempts -> BigInt,
        error -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    person,
    merchant,
    session,
    refresh_token,
    mail,
    blocked_loyalty_id,
    store,
    store_group,
    store_group_member,
    staff_member,
    role,
    application,
    application_store,
    api_key,
    staff_role,
    staff_permission,
    staff_store,
    staff_store_group,
    product,
    membership,
    membership_card,
    membership_search,
    consent,
    feed_entry,
    merge,
    merge_move,
    campaign,
    offer,
    loyalty_card,
    campaign_store,
    campaign_store_group,
    offer_store,
    offer_store_group,
    offer_product,
    loyalty_card_store,
    loyalty_card_store_group,
    loyalty_card_product,
    loyalty_reward,
    order_type,
    orders,
    order_item,
    order_tip,
    order_discount,
    order_discount_share,
    order_refund,
    order_refund_share,
    order_link,
    sale_refund,
    sale_review,
    order_claim,
    visit,
    account,
    entry,
    lot,
    lot_use,
    earning_line,
    welcome_mark,
    seal,
    seal_head,
    pepper_check,
    lease,
    hold,
    hold_lot,
    redemption_intent,
    redemption,
    idempotency,
    erasure,
    erased_mark,
    connection,
    sync_stream,
    sync_run,
    source_record,
    field_provenance,
    sync_reject,
    sync_review,
    sync_inbox,
);
