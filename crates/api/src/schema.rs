//! The schema: tables of contents. Every root field is one line that names who does it.

use juniper::{EmptySubscription, Executor, Nullable, graphql_object};
use regulars_auth::{Password, register::Registration};
use regulars_customer::{AccountPatch, FilterArguments, input::AccountFields};

use crate::{
    auth::{
        ApplicationNodeConnection, AuditEntryNodeConnection, MerchantNodeConnection,
        PermissionNode, PermissionNodeConnection, RoleNode, RoleNodeConnection,
        account::AccountPayload,
        api_key::{ApiKeyPayload, CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyInput},
        application::{
            ApplicationPayload, CreateApplicationInput, DeleteApplicationInput,
            UpdateApplicationInput,
        },
        audit::{AuditArguments, AuditOutcome},
        login::ObtainTokenPayload,
        password_change::PasswordChangePayload,
        refresh::{RefreshTokenPayload, RevokeTokenPayload},
        register::RegisterPayload,
        role::{CreateRoleInput, DeleteRoleInput, RolePayload, UpdateRoleInput},
        session::VerifyTokenPayload,
        staff_mutations::{
            CreateMerchantInput, DeleteMerchantInput, MerchantPayload, MerchantPermissionInput,
            MerchantRoleInput, MerchantStoreGroupInput, MerchantStoreInput,
        },
    },
    connection::paging,
    context::Context,
    customer::{
        ChangeNodeConnection, ClaimableProfileNodeConnection, ConsumerNode, ConsumerNodeConnection,
        choice::UserEntitySource,
        consent::{ConsentPayload, SetConsentInput},
        erasure::{EraseConsumerInput, EraseConsumerPayload, ErasureReceipt},
        export::{ExportConsumerInput, ExportPayload},
        feed::ChangeType,
        inputs::{
            BlockConsumerCardInput, CreateConsumerInput, DeleteConsumerInput, JoinMerchantInput,
            LeaveMerchantInput, ReplaceLoyaltyIdInput, ShareProfileInput, UpdateConsumerInput,
            UpsertConsumerInput,
        },
        merge::{
            ClaimProfileInput, ConsumerMergeField, MergeConsumersInput, MergeConsumersPreview,
            MergePayload, UnmergeConsumersInput, UnmergeConsumersPreview,
        },
        mutations::ConsumerPayload,
        user::IUserNodeValue,
    },
    document::{Root, Schema},
    error::ApiError,
    fast::{Fast, Whole},
    global_id::Id,
    loyalty::{
        LedgerEntryNodeConnection, LoyaltyCardNode, LoyaltyCardNodeConnection,
        RedemptionIntentNodeConnection,
        adjustment::{AdjustPointsInput, AdjustPointsPayload},
        available::AvailableArguments,
        choice::LoyaltyCardLoyaltyType,
        history::{CardBalance, CardExpiry, HistoryArguments, Whose},
        inputs::{
            CreateLoyaltyCardInput, CreateLoyaltyRewardInput, DeleteLoyaltyCardInput,
            DeleteLoyaltyRewardInput, UpdateLoyaltyCardInput, UpdateLoyaltyRewardInput,
        },
        intent::RedemptionIntentState,
        ledger_entry::LedgerEntryKind,
        mutations::{EnrollInput, EnrollPayload, LoyaltyCardPayload, LoyaltyRewardPayload},
        queries::LoyaltyCardArguments,
        redeeming::{
            PointsRedemptionPayload, RedemptionIntentPayload, RedemptionPayload,
            ReverseRedemptionPayload, StampsRedemptionPayload, VerifyRedemptionCodePayload,
        },
        redeeming_inputs::{
            CancelRedemptionIntentInput, ConfirmPointsRedemptionInput, ConfirmRedemptionInput,
            ConfirmStampsRedemptionInput, CreatePointsRedemptionIntentInput,
            CreateRedemptionIntentInput, CreateStampsRedemptionIntentInput, ReverseRedemptionInput,
            VerifyRedemptionCodeInput,
        },
        stamp::{CreateStampInput, CreateStampPayload},
        transfer::{TransferPointsInput, TransferPointsPayload},
    },
    merchant::{
        ProductNode, StoreGroupNode, StoreGroupNodeConnection, StoreNode, StoreNodeConnection,
        inputs::{
            CreateStoreGroupInput, CreateStoreInput, DeleteStoreGroupInput, DeleteStoreInput,
            UpdateStoreGroupInput, UpdateStoreInput,
        },
        mutations::{StoreGroupPayload, StorePayload},
        product::ProductNodeConnection,
        product_inputs::{CreateProductInput, DeleteProductInput, UpdateProductInput},
        product_mutations::ProductPayload,
        queries::{ProductArguments, StoreArguments},
        settings::{MerchantSettings, MerchantSettingsPayload, UpdateMerchantSettingsInput},
    },
    mutation::Asked,
    node::NodeValue,
    order::{
        OrderNode, OrderNodeConnection, OrderTypeNodeConnection, SaleReviewNodeConnection,
        attach::{AttachOrderInput, AttachOrderPayload},
        choice::OrderState,
        discount_mutations::{
            CreateOrderDiscountInput, DeleteOrderDiscountInput, OrderDiscountPayload,
            VerifyDiscountCodeInput, VerifyDiscountCodePayload,
        },
        inputs::{
            CheckoutOrderInput, CreateOrderInput, CreateOrderItemInput, DeleteOrderInput,
            DeleteOrderItemInput, UpdateOrderInput, UpdateOrderItemInput,
        },
        mutations::{CheckoutOrderPayload, OrderItemPayload, OrderPayload},
        purchase_inputs::{ImportOrdersInput, PurchaseInput, RecordPurchasesInput},
        purchase_mutations::{RecordPurchasePayload, RecordPurchasesPayload},
        queries::OrderArguments,
        quote::QuotePurchasePayload,
        refund_mutations::{
            CreateOrderItemsRefundInput, CreateOrderRefundInput, OrderRefundPayload,
        },
        review::{ResolveSaleReviewInput, SaleReviewPayload, SaleReviewState},
        tip::{CreateTipInput, TipPayload},
        visit_mutations::{CreateVisitInput, CreateVisitPayload},
    },
    patch::change,
    promotion::{
        CampaignNode, OfferNode, OfferNodeConnection, PromotionNodeConnection,
        campaign::CampaignNodeConnection,
        campaign_inputs::{CreateCampaignInput, DeleteCampaignInput, UpdateCampaignInput},
        campaign_mutations::CampaignPayload,
        choice::{OfferOfferType, PromotionStatus},
        offer_inputs::{CreateOfferInput, DeleteOfferInput, UpdateOfferInput},
        offer_mutations::OfferPayload,
        queries::{CampaignArguments, OfferArguments},
    },
    scalar::{DateTimeArgument, JSONString},
    source::{
        SyncConnectionNode, SyncConnectionNodeConnection, SyncRejectNodeConnection,
        SyncReviewNodeConnection, SyncRunNodeConnection,
        connection_mutations::{
            CreateConnectionInput, DeleteConnectionInput, PauseSyncInput, ResumeSyncInput,
            SyncConnectionPayload, UpdateConnectionInput,
        },
        kind::SyncSource,
        review::{ResolveSyncReviewInput, SyncReviewPayload},
        run_mutations::{CancelSyncInput, ReplayRejectsInput, StartSyncInput, SyncRunPayload},
        test::{TestConnectionInput, TestConnectionPayload},
    },
};

/// The schema of Regulars.
pub struct Regulars;

impl Schema for Regulars {
    type Context = Context;
    type Query = Query;
    type Mutation = Mutation;

    fn root() -> Root<Self> {
        Root::<Self>::new(Query, Mutation, EmptySubscription::new())
    }
}

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    Regulars::root().as_sdl()
}

/// What can be read.
pub struct Query;

/// What can be read.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl Query {
    /// Whoever asks; null without a token in force.
    fn me(context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
        crate::customer::user::me(context)
    }

    /// Any object by its global id; null where the asker sees none of that id.
    fn node(context: &Context, id: Id) -> Result<Option<NodeValue>, ApiError> {
        crate::node::node(context, &id)
    }

    /// The merchant's customers. Filters hold together; an empty text is no filter. `…_Icontains` finds parts, in any case.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn consumers(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(
            description = "`-createdAt,lastname`: createdAt, updatedAt, firstname, lastname, email, city, lastLogin, pk. Default pk."
        )]
        order_by: Option<String>,
        #[graphql(name = "loyaltyId")] loyalty_id: Option<String>,
        #[graphql(name = "loyaltyId_Icontains")] loyalty_id_icontains: Option<String>,
        #[graphql(name = "phoneNumber")] phone_number: Option<String>,
        #[graphql(name = "phoneNumber_Icontains")] phone_number_icontains: Option<String>,
        #[graphql(name = "email")] email: Option<String>,
        #[graphql(name = "email_Icontains")] email_icontains: Option<String>,
        #[graphql(name = "firstname")] firstname: Option<String>,
        #[graphql(name = "firstname_Icontains")] firstname_icontains: Option<String>,
        #[graphql(name = "lastname")] lastname: Option<String>,
        #[graphql(name = "lastname_Icontains")] lastname_icontains: Option<String>,
        #[graphql(name = "city")] city: Option<String>,
        #[graphql(name = "city_Icontains")] city_icontains: Option<String>,
        #[graphql(name = "entitySource")] entity_source: Option<UserEntitySource>,
        #[graphql(name = "entitySourceId")] entity_source_id: Option<String>,
        #[graphql(
            name = "archived",
            description = "true: archived customers alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: live and archived ones in one list."
        )]
        include_archived: Option<bool>,
        #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTimeArgument>,
        #[graphql(name = "updatedAt_Gte")] updated_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "updatedAt_Lt")] updated_at_lt: Option<DateTimeArgument>,
        #[graphql(
            name = "search",
            description = "Words that all occur in name, e-mail, phone number, loyalty id or cards."
        )]
        search: Option<String>,
        #[graphql(
            name = "segmentationRules",
            description = "Who fits: `[[\"gender\",\"exact\",\"MALE\"],\"AND\",[\"city\",\"icontains\",\"bonn\"]]`."
        )]
        segmentation_rules: Option<JSONString>,
    ) -> Result<Option<ConsumerNodeConnection>, ApiError> {
        let arguments = FilterArguments {
            loyalty_id,
            loyalty_id_icontains,
            phone_number,
            phone_number_icontains,
            email,
            email_icontains,
            firstname,
            firstname_icontains,
            lastname,
            lastname_icontains,
            city,
            city_icontains,
            entity_source: entity_source.and_then(UserEntitySource::to_domain),
            entity_source_id,
            archived,
            include_archived,
            created_at_gte: DateTimeArgument::instant(created_at_gte),
            created_at_lt: DateTimeArgument::instant(created_at_lt),
            updated_at_gte: DateTimeArgument::instant(updated_at_gte),
            updated_at_lt: DateTimeArgument::instant(updated_at_lt),
            search,
            segment: None,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        let rules = segmentation_rules.and_then(|rules| rules.json());
        crate::customer::queries::consumers(context, arguments, rules.as_ref(), &paging).map(Some)
    }

    /// One customer: consumers get themselves, a merchant's people their merchant's customers.
    fn consumer(context: &Context, id: Id) -> Result<Option<Whole<ConsumerNode>>, ApiError> {
        crate::customer::queries::consumer(context, &id).map(Fast::whole).map(Some)
    }

    /// The promotions that are available to a customer: offers, then loyalty cards, each with the reasons where
    /// `includeUnavailable` lists the others too. Whoever is named need not have joined: by an exact loyalty id anyone is
    /// found. Consumers ask about themselves and need name nobody.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn consumer_available_promotions(
        context: &Context,
        consumer_id: Option<Id>,
        #[graphql(description = "A loyalty id, or a card number of the merchant's own.")]
        consumer_loyalty_id: Option<String>,
        consumer_email: Option<String>,
        consumer_phone_number: Option<String>,
        #[graphql(description = "In this store; default: in any of the merchant's.")]
        store_id: Option<Id>,
        #[graphql(description = "At this instant; default: now.")] at: Option<DateTimeArgument>,
        #[graphql(default = false)] include_unavailable: Option<bool>,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(
            description = "`-startTime,name`: kind, name, startTime, pk. Default kind: offers, then cards."
        )]
        order_by: Option<String>,
    ) -> Result<Option<PromotionNodeConnection>, ApiError> {
        let arguments = AvailableArguments {
            consumer_id,
            consumer_loyalty_id,
            consumer_email,
            consumer_phone_number,
            store_id,
            at,
            include_unavailable: include_unavailable.unwrap_or(false),
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::loyalty::available::promotions(context, arguments, &paging).map(Some)
    }

    /// Stores: a merchant's people list their merchant's, consumers the live ones of the merchants they joined.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn stores(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`name,-createdAt`: name, createdAt, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "name")] name: Option<String>,
        #[graphql(name = "name_Icontains")] name_icontains: Option<String>,
        #[graphql(name = "city")] city: Option<String>,
        #[graphql(name = "city_Icontains")] city_icontains: Option<String>,
        #[graphql(name = "isActive")] is_active: Option<bool>,
        #[graphql(
            name = "archived",
            description = "true: archived stores alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: those in use and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<StoreNodeConnection>, ApiError> {
        let arguments = StoreArguments {
            name,
            name_icontains,
            city,
            city_icontains,
            is_active,
            archived,
            include_archived,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::merchant::queries::stores(context, arguments, &paging).map(Some)
    }

    /// One store: consumers get live ones, of any merchant.
    fn store(context: &Context, id: Id) -> Result<Option<Whole<StoreNode>>, ApiError> {
        crate::merchant::queries::store(context, &id).map(Fast::whole).map(Some)
    }

    /// Groups of stores: a merchant's people list their merchant's, consumers those of the merchants they joined.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn store_groups(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<StoreGroupNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::merchant::queries::store_groups(context, &paging).map(Some)
    }

    /// What the asker's merchant has decided for all its stores: for a merchant's people and apps.
    fn merchant_settings(context: &Context) -> Result<Option<MerchantSettings>, ApiError> {
        crate::merchant::settings::settings(context).map(Some)
    }

    /// One group of stores.
    fn store_group(context: &Context, id: Id) -> Result<Option<Whole<StoreGroupNode>>, ApiError> {
        crate::merchant::queries::store_group(context, &id).map(Fast::whole).map(Some)
    }

    /// Products: a merchant's people and apps list their merchant's. Consumers see those that a promotion or an order of theirs
    /// names, by `product` and beside these.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn products(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`name,-createdAt`: name, createdAt, updatedAt, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "name")] name: Option<String>,
        #[graphql(name = "name_Icontains")] name_icontains: Option<String>,
        #[graphql(name = "category")] category: Option<String>,
        #[graphql(name = "category_Icontains")] category_icontains: Option<String>,
        #[graphql(name = "entitySource")] entity_source: Option<UserEntitySource>,
        #[graphql(name = "entitySourceId")] entity_source_id: Option<String>,
        #[graphql(
            name = "archived",
            description = "true: archived products alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: those in use and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<ProductNodeConnection>, ApiError> {
        let arguments = ProductArguments {
            name,
            name_icontains,
            category,
            category_icontains,
            entity_source,
            entity_source_id,
            archived,
            include_archived,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::merchant::queries::products(context, arguments, &paging).map(Some)
    }

    /// One product.
    fn product(context: &Context, id: Id) -> Result<Option<Whole<ProductNode>>, ApiError> {
        crate::merchant::queries::product(context, &id).map(Fast::whole).map(Some)
    }

    /// The purchase history, newest first: a merchant's people see the orders of their stores, consumers their own at any
    /// merchant. Filters hold together; an empty text or id is no filter. Needs the permission `view_order`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn orders(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`-completedAt`: createdAt, completedAt, total, pk. Default -pk.")]
        order_by: Option<String>,
        #[graphql(name = "consumer_Id")] consumer: Option<Id>,
        #[graphql(name = "store_Id")] store: Option<Id>,
        #[graphql(
            name = "consumer_PhoneNumber",
            description = "How the buyer's number begins in international or national form, or its last four digits."
        )]
        consumer_phone_number: Option<String>,
        #[graphql(
            name = "consumer_LoyaltyId",
            description = "The buyer's loyalty id, or a card number of the merchant's own."
        )]
        consumer_loyalty_id: Option<String>,
        #[graphql(
            name = "consumer_Email",
            description = "The buyer's e-mail address, in any case."
        )]
        consumer_email: Option<String>,
        #[graphql(name = "completedAt_Gte")] completed_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "completedAt_Lt")] completed_at_lt: Option<DateTimeArgument>,
        #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTimeArgument>,
        #[graphql(
            name = "duration",
            description = "Completed within the last so long, by ISO 8601: `P30D`."
        )]
        duration: Option<String>,
        #[graphql(name = "state")] state: Option<OrderState>,
        #[graphql(name = "completed")] completed: Option<bool>,
        #[graphql(name = "orderType_Id")] order_type: Option<Id>,
        #[graphql(
            name = "archived",
            description = "true: archived orders alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: live and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<OrderNodeConnection>, ApiError> {
        let arguments = OrderArguments {
            consumer,
            store,
            consumer_phone_number,
            consumer_loyalty_id,
            consumer_email,
            completed_at_gte,
            completed_at_lt,
            created_at_gte,
            created_at_lt,
            duration,
            state,
            completed,
            order_type,
            archived,
            include_archived,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::order::queries::orders(context, arguments, &paging).map(Some)
    }

    /// One order, as far as the asker may see orders.
    fn order(context: &Context, id: Id) -> Result<Option<Whole<OrderNode>>, ApiError> {
        crate::order::queries::order(context, &id).map(Fast::whole).map(Some)
    }

    /// What somebody has to look at, or has: sales and visits of which something does not hold. Needs the permission `view_order`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn sale_reviews(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
        #[graphql(name = "state")] state: Option<SaleReviewState>,
        #[graphql(name = "store_Id")] store: Option<Id>,
        #[graphql(name = "order_Id")] order: Option<Id>,
    ) -> Result<Option<SaleReviewNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::order::review::list(context, (state, store, order), &paging).map(Some)
    }

    /// How orders are fulfilled.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn order_types(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<OrderTypeNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::order::order_type::list(context, &paging).map(Some)
    }

    /// Offers: a merchant's people list all of their merchant's, consumers the live ones of the merchants they joined.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn offers(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`-createdAt,name`: createdAt, name, startTime, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "name")] name: Option<String>,
        #[graphql(name = "name_Icontains")] name_icontains: Option<String>,
        #[graphql(name = "status")] status: Option<PromotionStatus>,
        #[graphql(name = "offerType")] offer_type: Option<OfferOfferType>,
        #[graphql(name = "campaign_Id")] campaign: Option<Id>,
        #[graphql(name = "merchant_Id")] merchant: Option<Id>,
        #[graphql(name = "store_Id", description = "Those that run in this store.")] store: Option<
            Id,
        >,
        #[graphql(
            name = "archived",
            description = "true: archived offers alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: live and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<OfferNodeConnection>, ApiError> {
        let arguments = OfferArguments {
            name,
            name_icontains,
            status,
            offer_type,
            campaign,
            merchant,
            store,
            archived,
            include_archived,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::promotion::queries::offers(context, arguments, &paging).map(Some)
    }

    /// Campaigns: a merchant's people and apps list their merchant's. Consumers see a campaign beside its offers, and by
    /// `campaign`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn campaigns(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`-start,name`: createdAt, name, start, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "name")] name: Option<String>,
        #[graphql(name = "name_Icontains")] name_icontains: Option<String>,
        #[graphql(name = "status")] status: Option<PromotionStatus>,
        #[graphql(
            name = "archived",
            description = "true: archived campaigns alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: those in use and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<CampaignNodeConnection>, ApiError> {
        let arguments =
            CampaignArguments { name, name_icontains, status, archived, include_archived };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::promotion::queries::campaigns(context, arguments, &paging).map(Some)
    }

    /// One campaign: consumers get those of which they list an offer.
    fn campaign(context: &Context, id: Id) -> Result<Option<Whole<CampaignNode>>, ApiError> {
        crate::promotion::queries::campaign(context, &id).map(Fast::whole).map(Some)
    }

    /// One offer: consumers get live ones, of any merchant.
    fn offer(context: &Context, id: Id) -> Result<Option<Whole<OfferNode>>, ApiError> {
        crate::promotion::queries::offer(context, &id).map(Fast::whole).map(Some)
    }

    /// What happened on a customer's loyalty cards, points and stamps, line by line: newest first unless told. A merchant's people
    /// see what happened at their merchant, in whichever store, and need the permission `view_consumer`; of what a line came
    /// of they see what they may see elsewhere. Consumers see their own at every merchant and need name nobody. Whoever is
    /// not the merchant's has no lines.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn points_history(
        executor: &Executor<'_, '_, Context>,
        #[graphql(description = "Whose, by id; consumers mean themselves.")] consumer_id: Option<
            Id,
        >,
        #[graphql(description = "Whose, by a loyalty id or a card number of the merchant's own.")]
        consumer_loyalty_id: Option<String>,
        #[graphql(description = "At this merchant alone.")] merchant_id: Option<Id>,
        #[graphql(description = "On this card alone.")] loyalty_card_id: Option<Id>,
        #[graphql(description = "Lines of this kind.")] kind: Option<LedgerEntryKind>,
        #[graphql(name = "occurredAt_Gte", description = "Of what happened then or later.")]
        occurred_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "occurredAt_Lt", description = "Of what happened earlier.")]
        occurred_at_lt: Option<DateTimeArgument>,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "occurredAt, pk (the order they were written in). Default -pk.")]
        order_by: Option<String>,
    ) -> Result<Option<LedgerEntryNodeConnection>, ApiError> {
        let whose =
            Whose { consumer_id, consumer_loyalty_id, merchant_id: None, loyalty_card_id: None };
        let (from, until) = (occurred_at_gte, occurred_at_lt);
        let arguments = HistoryArguments { merchant_id, loyalty_card_id, kind, from, until };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::loyalty::history::points_history(executor, &whose, arguments, &paging).map(Some)
    }

    /// What a customer had on each loyalty card at an instant, as the books said it then: what was written down until then counts,
    /// that instant included, whenever it happened; what was written later, even of an earlier sale, does not. What was due
    /// to expire by then has, noted or not; of a coming instant it is what will be there if nothing happens until then.
    /// Reach and permissions as of `pointsHistory`.
    fn balance_as_of(
        context: &Context,
        #[graphql(description = "Whose, by id; consumers mean themselves.")] consumer_id: Option<
            Id,
        >,
        #[graphql(description = "Whose, by a loyalty id or a card number of the merchant's own.")]
        consumer_loyalty_id: Option<String>,
        #[graphql(description = "At this merchant alone.")] merchant_id: Option<Id>,
        #[graphql(description = "On this card alone.")] loyalty_card_id: Option<Id>,
        #[graphql(description = "The instant; default: now.")] at: Option<DateTimeArgument>,
    ) -> Result<Option<Vec<CardBalance>>, ApiError> {
        let whose = Whose { consumer_id, consumer_loyalty_id, merchant_id, loyalty_card_id };
        crate::loyalty::history::balance_as_of(context, &whose, at).map(Some)
    }

    /// Every coming end of what a customer has, by card and instant, soonest first: of what is free, pending or not. What open codes
    /// have set aside is not among it: it ends no sooner than they do. Reach and permissions as of `pointsHistory`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn expiring(
        context: &Context,
        #[graphql(description = "Whose, by id; consumers mean themselves.")] consumer_id: Option<
            Id,
        >,
        #[graphql(description = "Whose, by a loyalty id or a card number of the merchant's own.")]
        consumer_loyalty_id: Option<String>,
        #[graphql(description = "At this merchant alone.")] merchant_id: Option<Id>,
        #[graphql(description = "On this card alone.")] loyalty_card_id: Option<Id>,
        #[graphql(description = "What ends within so many days from now, from 0.")]
        within_days: Option<i32>,
        #[graphql(description = "What ends by then.")] until: Option<DateTimeArgument>,
    ) -> Result<Option<Vec<CardExpiry>>, ApiError> {
        let whose = Whose { consumer_id, consumer_loyalty_id, merchant_id, loyalty_card_id };
        crate::loyalty::history::expiring(context, &whose, within_days, until).map(Some)
    }

    /// Promises of redemptions: a merchant's people see those for their stores, consumers their own at every merchant. Needs the
    /// permission `view_consumer` or `redeem`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn redemption_intents(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk alone.")] order_by: Option<String>,
        #[graphql(description = "Those that stand so now.")] state: Option<RedemptionIntentState>,
    ) -> Result<Option<RedemptionIntentNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::loyalty::intent::list(context, state, &paging).map(Some)
    }

    /// Loyalty cards: a merchant's people list all of their merchant's, consumers the live ones of the merchants they joined.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn loyalty_cards(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`-createdAt,name`: createdAt, name, startTime, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "name")] name: Option<String>,
        #[graphql(name = "name_Icontains")] name_icontains: Option<String>,
        #[graphql(name = "status")] status: Option<PromotionStatus>,
        #[graphql(name = "loyaltyType")] loyalty_type: Option<LoyaltyCardLoyaltyType>,
        #[graphql(name = "merchant_Id")] merchant: Option<Id>,
        #[graphql(name = "store_Id", description = "Those that run in this store.")] store: Option<
            Id,
        >,
        #[graphql(
            name = "archived",
            description = "true: archived cards alone, whatever `includeArchived` says."
        )]
        archived: Option<bool>,
        #[graphql(
            name = "includeArchived",
            description = "true: live and archived ones in one list."
        )]
        include_archived: Option<bool>,
    ) -> Result<Option<LoyaltyCardNodeConnection>, ApiError> {
        let arguments = LoyaltyCardArguments {
            name,
            name_icontains,
            status,
            loyalty_type,
            merchant,
            store,
            archived,
            include_archived,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::loyalty::queries::loyalty_cards(context, arguments, &paging).map(Some)
    }

    /// One loyalty card: consumers get live ones, of any merchant.
    fn loyalty_card(context: &Context, id: Id) -> Result<Option<Whole<LoyaltyCardNode>>, ApiError> {
        crate::loyalty::queries::loyalty_card(context, &id).map(Fast::whole).map(Some)
    }

    /// What merchants keep under an address that the asking consumer has proved, from before they had an account there.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn claimable_profiles(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<ClaimableProfileNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::customer::claim::list(context, &paging).map(Some)
    }

    /// What a merchant's people may be allowed to do: a fixed list. For merchants' people and the platform's.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn permissions(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<PermissionNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::auth::permission::list(context, &paging).map(Some)
    }

    /// One permission, by its id or its codename.
    fn permission(context: &Context, id: Id) -> Result<Option<Whole<PermissionNode>>, ApiError> {
        crate::auth::permission::permission(context, &id).map(Fast::whole).map(Some)
    }

    /// The merchant's roles, those that come with every merchant among them. Needs the permission `change_staff`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn roles(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<RoleNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::auth::role::list(context, &paging).map(Some)
    }

    /// One role: any of the merchant's with the permission `change_staff`, else one of one's own.
    fn role(context: &Context, id: Id) -> Result<Option<Whole<RoleNode>>, ApiError> {
        crate::auth::role::role(context, &id).map(Fast::whole).map(Some)
    }

    /// The people of one's own merchant: its owners and its staff. Needs the permission `change_staff`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn merchants(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "createdAt, pk. Default pk.")] order_by: Option<String>,
    ) -> Result<Option<MerchantNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::auth::staff::list(context, &paging).map(Some)
    }

    /// The merchant's applications, with their keys. Needs the permission `change_app`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn applications(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<ApplicationNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::auth::application::list(context, &paging).map(Some)
    }

    /// The kinds of systems that can be connected, and what each needs to be told; none where syncing is off on this server. Needs
    /// the permission `sync`.
    fn sources(context: &Context) -> Result<Option<Vec<SyncSource>>, ApiError> {
        crate::source::kind::sources(context).map(Some)
    }

    /// The systems that the merchant has connected, but for deleted ones. Needs the permission `sync`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn connections(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
    ) -> Result<Option<SyncConnectionNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::source::connection::list(context, &paging).map(Some)
    }

    /// One of the systems that the merchant has connected. Needs the permission `sync`.
    fn connection(
        context: &Context,
        id: Id,
    ) -> Result<Option<Whole<SyncConnectionNode>>, ApiError> {
        crate::source::connection::get(context, &id).map(Some)
    }

    /// How reading connections goes, and went. Needs the permission `sync`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn sync_runs(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
        #[graphql(name = "connection_Id")] connection: Option<Id>,
        #[graphql(description = "true: those alone that wait or are under way.")] open: Option<
            bool,
        >,
    ) -> Result<Option<SyncRunNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::source::run::list(context, connection.as_ref(), open, &paging).map(Some)
    }

    /// What was read and could not be taken. Needs the permission `sync`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn sync_rejects(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
        #[graphql(name = "connection_Id")] connection: Option<Id>,
        #[graphql(name = "run_Id")] run: Option<Id>,
        #[graphql(description = "true: those alone that wait to be read again.")] open: Option<
            bool,
        >,
    ) -> Result<Option<SyncRejectNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        let of = (connection.as_ref(), run.as_ref());
        crate::source::reject::list(context, of, open, &paging).map(Some)
    }

    /// What sources raise and somebody has to decide, or has. Needs the permission `sync`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn sync_reviews(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "pk.")] order_by: Option<String>,
        #[graphql(name = "connection_Id")] connection: Option<Id>,
        #[graphql(description = "true: those alone that wait.")] open: Option<bool>,
    ) -> Result<Option<SyncReviewNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, order_by);
        crate::source::review::list(context, connection.as_ref(), open, &paging).map(Some)
    }

    /// What merging one customer into another would do, and what is in the way; nothing is done. Needs the permissions
    /// `merge_consumer` and `view_consumer`.
    fn merge_consumers_preview(
        context: &Context,
        #[graphql(description = "Who would go.")] consumer_id: Id,
        #[graphql(description = "Who would stay.")] into_consumer_id: Id,
        #[graphql(description = "As of `mergeConsumers`.")] fields: Option<Vec<ConsumerMergeField>>,
    ) -> Result<Option<MergeConsumersPreview>, ApiError> {
        let fields = fields.as_ref();
        crate::customer::merge::preview(context, &consumer_id, &into_consumer_id, fields).map(Some)
    }

    /// What undoing a merge would do, and what is in the way; nothing is done. Needs the permission `merge_consumer`.
    fn unmerge_consumers_preview(
        context: &Context,
        #[graphql(description = "The merge; or")] merge_id: Option<Id>,
        #[graphql(description = "who went by it.")] consumer_id: Option<Id>,
    ) -> Result<Option<UnmergeConsumersPreview>, ApiError> {
        let (merge, consumer) = (merge_id.as_ref(), consumer_id.as_ref());
        crate::customer::merge::undo_preview(context, merge, consumer).map(Some)
    }

    /// What an erasure cleared, and whether something is still to be done. Needs the permission `erase_consumer`.
    fn erasure_receipt(
        context: &Context,
        #[graphql(description = "The receipt's own id.")] id: Id,
    ) -> Result<Option<ErasureReceipt>, ApiError> {
        crate::customer::erasure::erasure_receipt(context, &id)
    }

    /// Who did what at one's own merchant, or was refused it, the newest first. Filters hold together; an empty text or id is
    /// no filter. Needs the permission `view_audit`.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn audit_log(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "createdAt, pk. Default -createdAt.")] order_by: Option<String>,
        #[graphql(name = "actor_Id", description = "The person or the application that acted.")]
        actor: Option<Id>,
        #[graphql(name = "action", description = "The name of a mutation or of a query.")]
        action: Option<String>,
        #[graphql(
            name = "target_Id",
            description = "What it is about: the global id of a customer, a member of staff, a role, a loyalty card, an application or a key."
        )]
        target: Option<Id>,
        #[graphql(name = "outcome")] outcome: Option<AuditOutcome>,
        #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTimeArgument>,
        #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTimeArgument>,
    ) -> Result<Option<AuditEntryNodeConnection>, ApiError> {
        let arguments =
            AuditArguments { actor, action, target, outcome, created_at_gte, created_at_lt };
        let paging = paging(first, last, before, after, offset, order_by);
        crate::auth::audit::list(context, arguments, &paging).map(Some)
    }

    /// What happened at one's own merchant, and to whom, in the order in which it happened: whoever follows it remembers the
    /// cursor of the last change that they have seen and asks for what comes `after`. Begin by reading the last cursor
    /// (`last: 1`), then the lists, then follow. Kept for 30 days; a cursor of longer ago is refused. Needs the permission
    /// `view_consumer` for customers, points and stamps, and `view_order` for the rest: without `types` all that one may see.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn changes(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "Of these types; none: of all.")] types: Option<Vec<ChangeType>>,
    ) -> Result<Option<ChangeNodeConnection>, ApiError> {
        let paging = paging(first, last, before, after, offset, None);
        crate::customer::feed::list(context, types, &paging).map(Some)
    }
}

/// What can be changed.
pub struct Mutation;

/// What can be changed.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl Mutation {
    /// Makes an account for a consumer or a merchant, and logs it in. Open to everyone.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn register(
        context: &Context,
        email: String,
        password1: String,
        password2: String,
        firstname: String,
        lastname: String,
        #[graphql(description = "`CONSUMER` or `MERCHANT`, in any case.")] user_type: String,
        #[graphql(
            description = "The trade of a merchant, in any case: `UserMerchantType`. `OTHER` where not told."
        )]
        merchant_type: Option<String>,
        #[graphql(description = "International, or national where the country is told.")]
        phone_number: Option<String>,
        #[graphql(description = "`2000-01-31`.")] birthday: Option<String>,
        #[graphql(description = "ISO 3166-1 alpha-2, in any case.")] country: Option<String>,
        city: Option<String>,
        street: Option<String>,
        zip_code: Option<String>,
        #[graphql(description = "`MALE`, `FEMALE` or `OTHER`, in any case.")] gender: Option<
            String,
        >,
    ) -> Result<Option<RegisterPayload>, ApiError> {
        let registration = Registration {
            fields: AccountFields {
                email,
                firstname,
                lastname,
                phone_number,
                birthday,
                country,
                city,
                street,
                zip_code,
                gender,
            },
            password1: Password::new(password1),
            password2: Password::new(password2),
            user_type,
            merchant_type,
        };
        crate::auth::register::register(context, &registration).map(Some)
    }

    /// Logs in by an address and a password. An archived account is brought back. Open to everyone.
    fn obtain_token(
        context: &Context,
        email: Option<String>,
        password: String,
    ) -> Result<Option<ObtainTokenPayload>, ApiError> {
        let password = Password::new(password);
        crate::auth::login::obtain_token(context, "obtainToken", email.as_deref(), password)
            .map(Some)
    }

    /// Another name of `obtainToken`.
    fn sign_in(
        context: &Context,
        email: Option<String>,
        password: String,
    ) -> Result<Option<ObtainTokenPayload>, ApiError> {
        let password = Password::new(password);
        crate::auth::login::obtain_token(context, "signIn", email.as_deref(), password).map(Some)
    }

    /// Uses a refresh token up and hands out the next pair of tokens. One that is used twice ends its whole session.
    fn refresh_token(
        context: &Context,
        refresh_token: String,
    ) -> Result<Option<RefreshTokenPayload>, ApiError> {
        crate::auth::refresh::refresh_token(context, refresh_token).map(Some)
    }

    /// Ends the session of a refresh token, its access tokens with it.
    fn revoke_token(
        context: &Context,
        refresh_token: String,
    ) -> Result<Option<RevokeTokenPayload>, ApiError> {
        crate::auth::refresh::revoke_token(context, refresh_token).map(Some)
    }

    /// Says whether an access token is in force, and what stands in it.
    fn verify_token(
        context: &Context,
        token: String,
    ) -> Result<Option<VerifyTokenPayload>, ApiError> {
        crate::auth::session::verify_token(context, &token).map(Some)
    }

    /// Proves the address of an account by the token that was mailed there. Open to everyone.
    fn verify_account(
        context: &Context,
        token: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::verification::verify_account(context, token).map(Some)
    }

    /// Mails the token once more that proves an account's address. An address of nobody is a success, too. Open to
    /// everyone.
    fn resend_activation_email(
        context: &Context,
        email: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::verification::resend_activation_email(context, email).map(Some)
    }

    /// Mails a token by which the password of an account is set anew, within an hour. An address of nobody is a success,
    /// too. Open to everyone.
    fn send_password_reset_email(
        context: &Context,
        email: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::password_reset::send_password_reset_email(context, email).map(Some)
    }

    /// Sets a new password by a mailed token, once, and ends every session. Open to everyone.
    fn password_reset(
        context: &Context,
        token: String,
        new_password1: String,
        new_password2: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        let [first, second] = [new_password1, new_password2].map(Password::new);
        crate::auth::password_reset::password_reset(context, token, (&first, &second)).map(Some)
    }

    /// Sets the first password of an account that somebody else made, by the token of the invitation. Open to everyone.
    fn password_set(
        context: &Context,
        token: String,
        new_password1: String,
        new_password2: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        let [first, second] = [new_password1, new_password2].map(Password::new);
        crate::auth::password_reset::password_set(context, token, (&first, &second)).map(Some)
    }

    /// Changes the password of whoever asks, ends every session of theirs and begins a new one. Needs a verified account.
    fn password_change(
        context: &Context,
        old_password: String,
        new_password1: String,
        new_password2: String,
    ) -> Result<Option<PasswordChangePayload>, ApiError> {
        let [old, first, second] = [old_password, new_password1, new_password2].map(Password::new);
        crate::auth::password_change::password_change(context, old, (&first, &second)).map(Some)
    }

    /// Changes one's own account: absent keeps, null and empty clear. What merchants see of it follows. Needs a verified
    /// account.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn update_account(
        context: &Context,
        #[graphql(description = "At most 150 characters.")] firstname: Nullable<String>,
        #[graphql(description = "At most 150 characters.")] lastname: Nullable<String>,
        #[graphql(description = "International, or national where the country is known.")]
        phone_number: Nullable<String>,
        #[graphql(description = "`2000-01-31`.")] birthday: Nullable<String>,
        #[graphql(description = "ISO 3166-1 alpha-2, in any case.")] country: Nullable<String>,
        city: Nullable<String>,
        street: Nullable<String>,
        zip_code: Nullable<String>,
        #[graphql(description = "`MALE`, `FEMALE` or `OTHER`, in any case.")] gender: Nullable<
            String,
        >,
        #[graphql(description = "The https address of a picture.")] picture: Nullable<String>,
    ) -> Result<Option<AccountPayload>, ApiError> {
        let patch = AccountPatch {
            firstname: change(firstname, Some),
            lastname: change(lastname, Some),
            phone_number: change(phone_number, Some),
            birthday: change(birthday, Some),
            country: change(country, Some),
            city: change(city, Some),
            street: change(street, Some),
            zip_code: change(zip_code, Some),
            gender: change(gender, Some),
            picture: change(picture, Some),
        };
        crate::auth::account::update_account(context, patch).map(Some)
    }

    /// Puts one's own account away until the next log-in, and ends every session. A merchant's last owner stays. Needs a
    /// verified account.
    fn archive_account(
        context: &Context,
        password: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::account::archive_account(context, Password::new(password)).map(Some)
    }

    /// Closes one's own account for good, ends every session, and frees its address; the keys that somebody made for their
    /// merchant's apps are revoked. A merchant's last owner stays. Needs a verified account.
    fn delete_account(
        context: &Context,
        password: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::account::delete_account(context, Password::new(password)).map(Some)
    }

    /// Mails a token to a second address, which logs in once the token came back, within an hour. Needs a verified account.
    fn send_secondary_email_activation(
        context: &Context,
        email: String,
        password: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        let password = Password::new(password);
        crate::auth::secondary_email::send_secondary_email_activation(context, &email, password)
            .map(Some)
    }

    /// Proves a second address by the token that was mailed there. Open to everyone.
    fn verify_secondary_email(
        context: &Context,
        token: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::secondary_email::verify_secondary_email(context, token).map(Some)
    }

    /// Makes the second address the first one, and the first the second. Needs a verified account with a second address.
    fn swap_emails(
        context: &Context,
        password: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::secondary_email::swap_emails(context, Password::new(password)).map(Some)
    }

    /// Removes the second address. Needs a verified account with one.
    fn remove_secondary_email(
        context: &Context,
        password: String,
    ) -> Result<Option<AccountPayload>, ApiError> {
        crate::auth::secondary_email::remove_secondary_email(context, Password::new(password))
            .map(Some)
    }

    /// Creates a customer whom the merchant keeps. Needs the permission `change_consumer`.
    fn create_consumer(
        executor: &Asked<'_, '_>,
        input: CreateConsumerInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::create_consumer(executor, input).map(Some)
    }

    /// Creates or changes the customer of a record of another system. Needs the permission `change_consumer`.
    fn upsert_consumer(
        executor: &Asked<'_, '_>,
        input: UpsertConsumerInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::upsert_consumer(executor, input).map(Some)
    }

    /// Changes a customer: absent keeps, null clears. Of registered members only the merchant's own fields can be
    /// written. Needs the permission `change_consumer`.
    fn update_consumer(
        executor: &Asked<'_, '_>,
        input: UpdateConsumerInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::update_consumer(executor, input).map(Some)
    }

    /// Archives a customer; never an account. Needs the permission `change_consumer`.
    fn delete_consumer(
        executor: &Asked<'_, '_>,
        input: DeleteConsumerInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::delete_consumer(executor, &input).map(Some)
    }

    /// Erases a customer: what tells of them goes everywhere, at once and for good, and the books stay under a number. A merchant
    /// erases what it has of one (permission `erase_consumer`): of one whom it keeps everything, of one who has an account
    /// all but the account. Consumers erase their own account and what every merchant has of them, by their password and with a
    /// proved address. Nobody imports them again under the same source and id (code `erased`).
    fn erase_consumer(
        executor: &Asked<'_, '_>,
        input: EraseConsumerInput,
    ) -> Result<Option<EraseConsumerPayload>, ApiError> {
        crate::customer::erasure::erase_consumer(executor, input).map(Some)
    }

    /// Makes one of two records of one customer: what the one owns is the other's, points included, and everything that names the one
    /// means the other. A customer whom the merchant keeps goes into another such, or into one who has an account. Again it
    /// answers the first. Needs the permission `merge_consumer`.
    fn merge_consumers(
        executor: &Asked<'_, '_>,
        input: MergeConsumersInput,
    ) -> Result<Option<MergePayload>, ApiError> {
        crate::customer::merge::merge_consumers(executor, &input).map(Some)
    }

    /// Undoes a merge, within 90 days: each has their own again. What came since follows the number by which it came, else it stays;
    /// what was spent meanwhile of the one who went is taken from the one who stayed. Needs the permission `merge_consumer`.
    fn unmerge_consumers(
        executor: &Asked<'_, '_>,
        input: UnmergeConsumersInput,
    ) -> Result<Option<MergePayload>, ApiError> {
        crate::customer::merge::unmerge_consumers(executor, &input).map(Some)
    }

    /// Takes one of the asking consumer's `claimableProfiles`: what the merchant keeps there becomes theirs, points included, and they
    /// are the merchant's customer by it.
    fn claim_profile(
        executor: &Asked<'_, '_>,
        input: ClaimProfileInput,
    ) -> Result<Option<MergePayload>, ApiError> {
        crate::customer::merge::claim_profile(executor, &input).map(Some)
    }

    /// Gives a customer another loyalty id and blocks the lost one: it identifies nobody any more. Registered people do it for
    /// themselves; for a customer whom the merchant keeps it needs the permission `change_consumer`.
    fn replace_loyalty_id(
        executor: &Asked<'_, '_>,
        input: ReplaceLoyaltyIdInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::replace_loyalty_id(executor, &input).map(Some)
    }

    /// Blocks a lost card of the merchant's own: it identifies nobody any more, and nobody can be given its number. Needs
    /// the permission `change_consumer`; consumers block a card of their own at every merchant that gave it.
    fn block_consumer_card(
        executor: &Asked<'_, '_>,
        input: BlockConsumerCardInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::block_consumer_card(executor, input).map(Some)
    }

    /// Makes the asking consumer a customer of the merchant of a store, or brings them back.
    fn join_merchant(
        executor: &Asked<'_, '_>,
        input: JoinMerchantInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::join_merchant(executor, &input).map(Some)
    }

    /// Ends the asking consumer's membership: the merchant keeps the books and forgets the profile.
    fn leave_merchant(
        executor: &Asked<'_, '_>,
        input: LeaveMerchantInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::leave_merchant(executor, &input).map(Some)
    }

    /// Says how much of the asking consumer's profile a merchant sees.
    fn share_profile(
        executor: &Asked<'_, '_>,
        input: ShareProfileInput,
    ) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::share_profile(executor, &input).map(Some)
    }

    /// Everything that is known of a customer, as one JSON document: merchants with the permission to export customers get what they
    /// themselves have, consumers everything of themselves. Told in the audit log; consumers 5 times an hour, each of a merchant's
    /// people and apps 100 times.
    fn export_consumer(
        context: &Context,
        input: ExportConsumerInput,
    ) -> Result<Option<ExportPayload>, ApiError> {
        crate::customer::export::export_consumer(context, &input).map(Some)
    }

    /// Writes down whether a customer agrees to be contacted by a channel: the decision of the latest date stands, and an opt-out
    /// wins a tie. Merchants need the permission to change customers; customers with an account agree by themselves alone.
    fn set_consent(
        executor: &Asked<'_, '_>,
        input: SetConsentInput,
    ) -> Result<Option<ConsentPayload>, ApiError> {
        crate::customer::consent::set_consent(executor, input).map(Some)
    }

    /// The asking consumer takes a live loyalty card of any merchant, and with it becomes that merchant's customer.
    fn enroll(
        executor: &Asked<'_, '_>,
        input: EnrollInput,
    ) -> Result<Option<EnrollPayload>, ApiError> {
        crate::loyalty::mutations::enroll(executor, &input).map(Some)
    }

    /// Makes a loyalty card. One that can never be earned on, or never be used, is refused with the reason. Needs the permission
    /// `change_promotion`; whoever works in some stores alone names some of those.
    fn create_loyalty_card(
        executor: &Asked<'_, '_>,
        input: CreateLoyaltyCardInput,
    ) -> Result<Option<LoyaltyCardPayload>, ApiError> {
        crate::loyalty::mutations::create_card(executor, input).map(Some)
    }

    /// Changes a loyalty card: absent keeps, null clears, and what comes of it is judged together. What customers have on it keeps
    /// its meaning and its expiry. Needs the permission `change_promotion` where it runs.
    fn update_loyalty_card(
        executor: &Asked<'_, '_>,
        input: UpdateLoyaltyCardInput,
    ) -> Result<Option<LoyaltyCardPayload>, ApiError> {
        crate::loyalty::mutations::update_card(executor, input).map(Some)
    }

    /// Gives a loyalty card up: it is archived, with everything on it. Needs the permission `change_promotion` where it runs.
    fn delete_loyalty_card(
        executor: &Asked<'_, '_>,
        input: DeleteLoyaltyCardInput,
    ) -> Result<Option<LoyaltyCardPayload>, ApiError> {
        crate::loyalty::mutations::delete_card(executor, &input).map(Some)
    }

    /// Makes a reward of a card whose points buy rewards, or of one of stamps. Needs the permission `change_promotion` where the
    /// card runs.
    fn create_loyalty_reward(
        executor: &Asked<'_, '_>,
        input: CreateLoyaltyRewardInput,
    ) -> Result<Option<LoyaltyRewardPayload>, ApiError> {
        crate::loyalty::mutations::create_reward(executor, input).map(Some)
    }

    /// Changes a reward: absent keeps, null clears. Needs the permission `change_promotion` where its card runs.
    fn update_loyalty_reward(
        executor: &Asked<'_, '_>,
        input: UpdateLoyaltyRewardInput,
    ) -> Result<Option<LoyaltyRewardPayload>, ApiError> {
        crate::loyalty::mutations::update_reward(executor, input).map(Some)
    }

    /// Gives a reward up: it is archived. Needs the permission `change_promotion` where its card runs.
    fn delete_loyalty_reward(
        executor: &Asked<'_, '_>,
        input: DeleteLoyaltyRewardInput,
    ) -> Result<Option<LoyaltyRewardPayload>, ApiError> {
        crate::loyalty::mutations::delete_reward(executor, &input).map(Some)
    }

    /// Changes what the merchant has decided for all its stores: absent keeps, null goes back to what is usual. For owners.
    fn update_merchant_settings(
        executor: &Asked<'_, '_>,
        input: UpdateMerchantSettingsInput,
    ) -> Result<Option<MerchantSettingsPayload>, ApiError> {
        crate::merchant::settings::update(executor, input).map(Some)
    }

    /// Takes somebody on who works for the merchant, by an account whose password they set themselves: a mail invites them
    /// to. Needs the permission `change_staff`, and everything that they are given.
    fn create_merchant(
        executor: &Asked<'_, '_>,
        input: CreateMerchantInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::create_merchant(executor, input).map(Some)
    }

    /// Dismisses a member of staff: their sessions end, their account is closed, and the keys that they made for apps are
    /// revoked, unless `revokeApiKeys` is false. Owners are dismissed by owners, the last one never. Needs the permission
    /// `change_staff`.
    fn delete_merchant(
        executor: &Asked<'_, '_>,
        input: DeleteMerchantInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::delete_merchant(executor, &input).map(Some)
    }

    /// Gives a member of staff a role. Needs the permission `change_staff` and all that the role allows; owners are
    /// made by owners.
    fn add_role_to_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantRoleInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::add_role(executor, &input).map(Some)
    }

    /// Takes a role from a member of staff; the last owner stays one. Needs the permission `change_staff`.
    fn remove_role_from_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantRoleInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::remove_role(executor, &input).map(Some)
    }

    /// Gives a member of staff a permission beside their roles. Needs the permission `change_staff` and the permission itself.
    fn add_permission_to_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantPermissionInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::add_permission(executor, &input).map(Some)
    }

    /// Takes a permission that a member of staff has beside their roles. Needs the permission `change_staff`.
    fn remove_permission_from_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantPermissionInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::remove_permission(executor, &input).map(Some)
    }

    /// Gives a member of staff a store. Needs the permission `change_staff` and the store itself.
    fn add_store_to_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantStoreInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::add_store(executor, &input).map(Some)
    }

    /// Takes a store from a member of staff; who worked in every store works in all others from then on. Needs the
    /// permission `change_staff`.
    fn remove_store_from_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantStoreInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::remove_store(executor, &input).map(Some)
    }

    /// Gives a member of staff the stores of a group, as it is and as it grows. Needs the permission `change_staff` and the
    /// group itself.
    fn add_store_group_to_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantStoreGroupInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::add_store_group(executor, &input).map(Some)
    }

    /// Takes a store group from a member of staff. Needs the permission `change_staff`.
    fn remove_store_group_from_merchant(
        executor: &Asked<'_, '_>,
        input: MerchantStoreGroupInput,
    ) -> Result<Option<MerchantPayload>, ApiError> {
        crate::auth::staff_mutations::remove_store_group(executor, &input).map(Some)
    }

    /// Puts a store down. Needs the permission `change_store` in every store.
    fn create_store(
        executor: &Asked<'_, '_>,
        input: CreateStoreInput,
    ) -> Result<Option<StorePayload>, ApiError> {
        crate::merchant::mutations::create_store(executor, input).map(Some)
    }

    /// Changes a store: absent keeps, null clears. Needs the permission `change_store` there.
    fn update_store(
        executor: &Asked<'_, '_>,
        input: UpdateStoreInput,
    ) -> Result<Option<StorePayload>, ApiError> {
        crate::merchant::mutations::update_store(executor, input).map(Some)
    }

    /// Gives a store up: it is archived and stays in the books. Needs the permission `change_store` there.
    fn delete_store(
        executor: &Asked<'_, '_>,
        input: DeleteStoreInput,
    ) -> Result<Option<StorePayload>, ApiError> {
        crate::merchant::mutations::delete_store(executor, &input).map(Some)
    }

    /// Makes a group of stores. Needs the permission `change_store` in every store.
    fn create_store_group(
        executor: &Asked<'_, '_>,
        input: CreateStoreGroupInput,
    ) -> Result<Option<StoreGroupPayload>, ApiError> {
        crate::merchant::mutations::create_store_group(executor, input).map(Some)
    }

    /// Changes a group of stores, and with it where those reach who work in it, and the promotions that run in it. Needs
    /// the permission `change_store` in every store.
    fn update_store_group(
        executor: &Asked<'_, '_>,
        input: UpdateStoreGroupInput,
    ) -> Result<Option<StoreGroupPayload>, ApiError> {
        crate::merchant::mutations::update_store_group(executor, input).map(Some)
    }

    /// Dissolves a group that neither staff nor a promotion name; its stores stay. Needs the permission `change_store` in
    /// every store.
    fn delete_store_group(
        executor: &Asked<'_, '_>,
        input: DeleteStoreGroupInput,
    ) -> Result<Option<StoreGroupPayload>, ApiError> {
        crate::merchant::mutations::delete_store_group(executor, &input).map(Some)
    }

    /// Puts a product down. Needs the permission `change_product` in every store.
    fn create_product(
        executor: &Asked<'_, '_>,
        input: CreateProductInput,
    ) -> Result<Option<ProductPayload>, ApiError> {
        crate::merchant::product_mutations::create(executor, input).map(Some)
    }

    /// Changes a product: absent keeps, null clears. What was sold keeps its price. Needs the permission `change_product` in
    /// every store.
    fn update_product(
        executor: &Asked<'_, '_>,
        input: UpdateProductInput,
    ) -> Result<Option<ProductPayload>, ApiError> {
        crate::merchant::product_mutations::update(executor, input).map(Some)
    }

    /// Gives a product up: it is archived and stays in the books. Needs the permission `change_product` in every store.
    fn delete_product(
        executor: &Asked<'_, '_>,
        input: DeleteProductInput,
    ) -> Result<Option<ProductPayload>, ApiError> {
        crate::merchant::product_mutations::delete(executor, &input).map(Some)
    }

    /// Puts an open order down, without lines, in the merchant's currency. Needs the permission `change_order` in its store, and
    /// to name its buyer `identify_consumer` (by id `view_consumer` too).
    fn create_order(
        executor: &Asked<'_, '_>,
        input: CreateOrderInput,
    ) -> Result<Option<OrderPayload>, ApiError> {
        crate::order::mutations::create_order(executor, input).map(Some)
    }

    /// Changes an open order. Needs what `createOrder` needs, where the order is and where it is to be.
    fn update_order(
        executor: &Asked<'_, '_>,
        input: UpdateOrderInput,
    ) -> Result<Option<OrderPayload>, ApiError> {
        crate::order::mutations::update_order(executor, input).map(Some)
    }

    /// Gives an open order up: it is archived. Voids a completed one: all that is left of it goes back, tips included, and it is
    /// archived. Needs the permission `change_order` in its store, and to void it `refund_order`.
    fn delete_order(
        executor: &Asked<'_, '_>,
        input: DeleteOrderInput,
    ) -> Result<Option<OrderPayload>, ApiError> {
        crate::order::mutations::delete_order(executor, &input).map(Some)
    }

    /// Puts a line into an open order; the total follows. Needs the permission `change_order` in the order's store.
    fn create_order_item(
        executor: &Asked<'_, '_>,
        input: CreateOrderItemInput,
    ) -> Result<Option<OrderItemPayload>, ApiError> {
        crate::order::mutations::create_order_item(executor, input).map(Some)
    }

    /// Changes a line of an open order; the total follows. Needs the permission `change_order` in the order's store.
    fn update_order_item(
        executor: &Asked<'_, '_>,
        input: UpdateOrderItemInput,
    ) -> Result<Option<OrderItemPayload>, ApiError> {
        crate::order::mutations::update_order_item(executor, input).map(Some)
    }

    /// Takes a line off an open order; the total follows. Needs the permission `change_order` in the order's store.
    fn delete_order_item(
        executor: &Asked<'_, '_>,
        input: DeleteOrderItemInput,
    ) -> Result<Option<OrderItemPayload>, ApiError> {
        crate::order::mutations::delete_order_item(executor, &input).map(Some)
    }

    /// Makes a campaign. One in which no offer could ever run is refused with the reason. Needs the permission
    /// `change_promotion`, in every store or in those that it names.
    fn create_campaign(
        executor: &Asked<'_, '_>,
        input: CreateCampaignInput,
    ) -> Result<Option<CampaignPayload>, ApiError> {
        crate::promotion::campaign_mutations::create(executor, input).map(Some)
    }

    /// Changes a campaign, and with it when and where its offers run: absent keeps, null clears. Needs the permission
    /// `change_promotion`, in every store or in those that it names before and after.
    fn update_campaign(
        executor: &Asked<'_, '_>,
        input: UpdateCampaignInput,
    ) -> Result<Option<CampaignPayload>, ApiError> {
        crate::promotion::campaign_mutations::update(executor, input).map(Some)
    }

    /// Gives a campaign up: it is archived, and its offers run no more. Needs the permission `change_promotion`, in every store
    /// or in those that it names.
    fn delete_campaign(
        executor: &Asked<'_, '_>,
        input: DeleteCampaignInput,
    ) -> Result<Option<CampaignPayload>, ApiError> {
        crate::promotion::campaign_mutations::delete(executor, &input).map(Some)
    }

    /// Makes an offer. One that nobody could ever use is refused with the reason. Needs the permission `change_promotion`, in
    /// every store or in those that it names.
    fn create_offer(
        executor: &Asked<'_, '_>,
        input: CreateOfferInput,
    ) -> Result<Option<OfferPayload>, ApiError> {
        crate::promotion::offer_mutations::create(executor, input).map(Some)
    }

    /// Changes an offer: absent keeps, null clears. It is judged on what it would be; what was promised or redeemed stays as it
    /// was. Needs the permission `change_promotion`, in every store or in those that it names before and after.
    fn update_offer(
        executor: &Asked<'_, '_>,
        input: UpdateOfferInput,
    ) -> Result<Option<OfferPayload>, ApiError> {
        crate::promotion::offer_mutations::update(executor, input).map(Some)
    }

    /// Gives an offer up: it is archived and stays in the books, and its code is free for another. Needs the permission
    /// `change_promotion`, in every store or in those that it names.
    fn delete_offer(
        executor: &Asked<'_, '_>,
        input: DeleteOfferInput,
    ) -> Result<Option<OfferPayload>, ApiError> {
        crate::promotion::offer_mutations::delete(executor, &input).map(Some)
    }

    /// Puts a tip on an open order; the total follows. Needs the permission `change_order` in the order's store.
    fn create_tip(
        executor: &Asked<'_, '_>,
        input: CreateTipInput,
    ) -> Result<Option<TipPayload>, ApiError> {
        crate::order::tip::create(executor, input).map(Some)
    }

    /// Completes an open order: it was paid, in the way that is told, and its codes are used up. Nobody changes it afterwards. Needs
    /// the permission `change_order` in its store, and `redeem` where codes are on it.
    fn checkout_order(
        executor: &Asked<'_, '_>,
        input: CheckoutOrderInput,
    ) -> Result<Option<CheckoutOrderPayload>, ApiError> {
        crate::order::mutations::checkout_order(executor, input).map(Some)
    }

    /// Puts a code on an open order; the total follows. It is used up when the order is completed, and can be taken off again until
    /// then. Needs the permissions `change_order` and `redeem` in the order's store. Codes are tried in vain so often a minute.
    fn create_order_discount(
        executor: &Asked<'_, '_>,
        input: CreateOrderDiscountInput,
    ) -> Result<Option<OrderDiscountPayload>, ApiError> {
        crate::order::discount_mutations::create(executor, input).map(Some)
    }

    /// Takes a discount off an open order; the total follows, and its code can be used elsewhere. Needs the permission
    /// `change_order` in the order's store.
    fn delete_order_discount(
        executor: &Asked<'_, '_>,
        input: DeleteOrderDiscountInput,
    ) -> Result<Option<OrderDiscountPayload>, ApiError> {
        crate::order::discount_mutations::delete(executor, &input).map(Some)
    }

    /// Says whether a code is good for a sale that is being rung up, and what it would take off, without using it. Needs what
    /// `confirmRedemption` needs.
    fn verify_discount_code(
        executor: &Asked<'_, '_>,
        input: VerifyDiscountCodeInput,
    ) -> Result<Option<VerifyDiscountCodePayload>, ApiError> {
        crate::order::discount_mutations::verify_code(executor, input).map(Some)
    }

    /// Says what a sale would come to if it were recorded now: what is to be paid, the points to be earned, and what would not hold.
    /// Writes nothing. Needs what `recordPurchase` needs.
    fn quote_purchase(
        executor: &Asked<'_, '_>,
        input: PurchaseInput,
    ) -> Result<Option<QuotePurchasePayload>, ApiError> {
        crate::order::quote::quote(executor, input).map(Some)
    }

    /// Says whose a completed order was that nobody was known to have bought, within the merchant's `claimDays` of the sale: it
    /// earns as of the sale, once. Past three of one customer's on one day what it earns waits until somebody has looked at it.
    /// Needs the permission `attach_order` in its store, and what `createVisit` needs to name the customer.
    fn attach_order(
        executor: &Asked<'_, '_>,
        input: AttachOrderInput,
    ) -> Result<Option<AttachOrderPayload>, ApiError> {
        crate::order::attach::attach(executor, input).map(Some)
    }

    /// Decides what somebody had to look at: what a late sale or visit earned is released or taken back, everything else
    /// dismissed. Needs the permission `adjust_points` in the sale's store.
    fn resolve_sale_review(
        executor: &Asked<'_, '_>,
        input: ResolveSaleReviewInput,
    ) -> Result<Option<SaleReviewPayload>, ApiError> {
        crate::order::review::resolve(executor, &input).map(Some)
    }

    /// Records a sale that happened, whole and once: lines, tips, discounts of the till, payments and customer. What does not hold
    /// of it is a warning, and something that somebody looks at (`saleReviews`). Needs the permission `change_order` in its store,
    /// `identify_consumer` to name the customer, and `view_consumer` to do so otherwise than by a number.
    fn record_purchase(
        executor: &Asked<'_, '_>,
        input: PurchaseInput,
    ) -> Result<Option<RecordPurchasePayload>, ApiError> {
        crate::order::purchase_mutations::record_purchase(executor, input).map(Some)
    }

    /// Records up to 500 sales that happened, each by itself, as `recordPurchase` does.
    fn record_purchases(
        executor: &Asked<'_, '_>,
        input: RecordPurchasesInput,
    ) -> Result<Option<RecordPurchasesPayload>, ApiError> {
        crate::order::purchase_mutations::record_purchases(executor, input).map(Some)
    }

    /// Takes up to 500 sales of long ago over from another system, each by itself. They are never late, and earn nothing unless
    /// asked. Needs what `recordPurchase` needs, and the permission `backdate` where they earn.
    fn import_orders(
        executor: &Asked<'_, '_>,
        input: ImportOrdersInput,
    ) -> Result<Option<RecordPurchasesPayload>, ApiError> {
        crate::order::purchase_mutations::import_orders(executor, input).map(Some)
    }

    /// Gives a completed order back: all that is left of it, tips included, or so much value, spread over what is left of its
    /// lines. Needs the permission `refund_order` in its store.
    fn create_order_refund(
        executor: &Asked<'_, '_>,
        input: CreateOrderRefundInput,
    ) -> Result<Option<OrderRefundPayload>, ApiError> {
        crate::order::refund_mutations::create(executor, input).map(Some)
    }

    /// Gives lines of one completed order back, or some units of them, each by a refund of its own; tips stay. Needs the
    /// permission `refund_order` in its store.
    fn create_order_items_refund(
        executor: &Asked<'_, '_>,
        input: CreateOrderItemsRefundInput,
    ) -> Result<Option<OrderRefundPayload>, ApiError> {
        crate::order::refund_mutations::create_of_items(executor, input).map(Some)
    }

    /// Records that somebody came by and spent something, which earns as a sale of that amount, once. Needs the permission
    /// `change_order` in its store, `identify_consumer` to name the customer, and `view_consumer` to do so otherwise than by
    /// loyalty id. Older than the store's `lateHours` what it earns waits to be reviewed; older than 30 days it earns by
    /// permission `backdate` alone.
    fn create_visit(
        executor: &Asked<'_, '_>,
        input: CreateVisitInput,
    ) -> Result<Option<CreateVisitPayload>, ApiError> {
        crate::order::visit_mutations::create_visit(executor, input).map(Some)
    }

    /// Stamps a customer's card by hand, up to the card's number a day. Needs the permissions `change_order` in the store and
    /// `identify_consumer`.
    fn create_stamp(
        executor: &Asked<'_, '_>,
        input: CreateStampInput,
    ) -> Result<Option<CreateStampPayload>, ApiError> {
        crate::loyalty::stamp::create_stamp(executor, &input).map(Some)
    }

    /// Sets points or stamps right by hand. What is given is good at once and pays a debt first; what is taken goes soonest-expiring
    /// first, and no further than what is available unless `intoDebt` says so. Neither counts as earned. Needs the
    /// permissions `adjust_points` and `identify_consumer`.
    fn adjust_points(
        executor: &Asked<'_, '_>,
        input: AdjustPointsInput,
    ) -> Result<Option<AdjustPointsPayload>, ApiError> {
        crate::loyalty::adjustment::adjust_points(executor, input).map(Some)
    }

    /// Moves available points from one customer to another, or from one card of points to another, soonest-expiring first: they
    /// keep the day that they end on, and pay a debt that is there. Nobody earns by it. Needs the permissions
    /// `adjust_points` and `identify_consumer`.
    fn transfer_points(
        executor: &Asked<'_, '_>,
        input: TransferPointsInput,
    ) -> Result<Option<TransferPointsPayload>, ApiError> {
        crate::loyalty::transfer::transfer_points(executor, input).map(Some)
    }

    /// Promises a use of an offer: it counts against every limit, and its code is good, until it is confirmed, called off or its
    /// time runs out. Consumers promise themselves. A merchant's people need the permission `redeem`, and `identify_consumer` to
    /// say whose it is; of a customer who has an account they need a code that the customer made, unless the store does without.
    fn create_redemption_intent(
        executor: &Asked<'_, '_>,
        input: CreateRedemptionIntentInput,
    ) -> Result<Option<RedemptionIntentPayload>, ApiError> {
        crate::loyalty::redeeming::create_redemption_intent(executor, &input).map(Some)
    }

    /// Promises points: they are set aside. Needs what `createRedemptionIntent` needs.
    fn create_points_redemption_intent(
        executor: &Asked<'_, '_>,
        input: CreatePointsRedemptionIntentInput,
    ) -> Result<Option<RedemptionIntentPayload>, ApiError> {
        crate::loyalty::redeeming::create_points_redemption_intent(executor, &input).map(Some)
    }

    /// Promises a full card of stamps: they are set aside. Needs what `createRedemptionIntent` needs.
    fn create_stamps_redemption_intent(
        executor: &Asked<'_, '_>,
        input: CreateStampsRedemptionIntentInput,
    ) -> Result<Option<RedemptionIntentPayload>, ApiError> {
        crate::loyalty::redeeming::create_stamps_redemption_intent(executor, &input).map(Some)
    }

    /// Uses the code of an offer, once; or the one that an offer has for everybody. Needs the permission `redeem` in the store. Codes
    /// are tried in vain so often a minute.
    fn confirm_redemption(
        executor: &Asked<'_, '_>,
        input: ConfirmRedemptionInput,
    ) -> Result<Option<RedemptionPayload>, ApiError> {
        crate::loyalty::redeeming::confirm_redemption(executor, &input).map(Some)
    }

    /// Uses a code of points, once: they are spent. Needs what `confirmRedemption` needs.
    fn confirm_points_redemption(
        executor: &Asked<'_, '_>,
        input: ConfirmPointsRedemptionInput,
    ) -> Result<Option<PointsRedemptionPayload>, ApiError> {
        crate::loyalty::redeeming::confirm_points_redemption(executor, &input).map(Some)
    }

    /// Uses a code of stamps, once: they are spent. Needs what `confirmRedemption` needs.
    fn confirm_stamps_redemption(
        executor: &Asked<'_, '_>,
        input: ConfirmStampsRedemptionInput,
    ) -> Result<Option<StampsRedemptionPayload>, ApiError> {
        crate::loyalty::redeeming::confirm_stamps_redemption(executor, &input).map(Some)
    }

    /// Calls a promise off: what it set aside is free again. Consumers call off their own; a merchant's people need the permission
    /// `redeem`.
    fn cancel_redemption_intent(
        executor: &Asked<'_, '_>,
        input: CancelRedemptionIntentInput,
    ) -> Result<Option<RedemptionIntentPayload>, ApiError> {
        crate::loyalty::redeeming::cancel_redemption_intent(executor, &input).map(Some)
    }

    /// Says what an open code promises, and to whom, or whose code for everybody it is, without using it. Needs what
    /// `confirmRedemption` needs.
    fn verify_redemption_code(
        executor: &Asked<'_, '_>,
        input: VerifyRedemptionCodeInput,
    ) -> Result<Option<VerifyRedemptionCodePayload>, ApiError> {
        crate::loyalty::redeeming::verify_redemption_code(executor, &input).map(Some)
    }

    /// Takes a code back that was confirmed by itself: points and stamps return to where they were taken from, a reward to its
    /// stock, and the use counts against no limit. What was taken off an order goes back with a refund of that. Needs the permission
    /// `refund_order` in its store.
    fn reverse_redemption(
        executor: &Asked<'_, '_>,
        input: ReverseRedemptionInput,
    ) -> Result<Option<ReverseRedemptionPayload>, ApiError> {
        crate::loyalty::redeeming::reverse_redemption(executor, &input).map(Some)
    }

    /// Makes a role of the merchant's own. Needs the permission `change_staff`, and every permission that the role gets.
    fn create_role(
        executor: &Asked<'_, '_>,
        input: CreateRoleInput,
    ) -> Result<Option<RolePayload>, ApiError> {
        crate::auth::role::create(executor, &input).map(Some)
    }

    /// Changes a role of the merchant's own, and with it what everybody may who has it. Needs the permission
    /// `change_staff`, and every permission that the role gains.
    fn update_role(
        executor: &Asked<'_, '_>,
        input: UpdateRoleInput,
    ) -> Result<Option<RolePayload>, ApiError> {
        crate::auth::role::update(executor, &input).map(Some)
    }

    /// Deletes a role of the merchant's own and takes it from everybody. Needs the permission `change_staff`.
    fn delete_role(
        executor: &Asked<'_, '_>,
        input: DeleteRoleInput,
    ) -> Result<Option<RolePayload>, ApiError> {
        crate::auth::role::delete(executor, &input).map(Some)
    }

    /// Connects a system. Nothing is read yet: test it (`testConnection`), try it out (`startSync` with `dryRun`), then start it. Needs
    /// the permission `sync`, as everything about syncing does.
    fn create_connection(
        executor: &Asked<'_, '_>,
        input: CreateConnectionInput,
    ) -> Result<Option<SyncConnectionPayload>, ApiError> {
        crate::source::connection_mutations::create(executor, input).map(Some)
    }

    /// Changes what a connection is called and told. One whose credentials were not accepted is read again with new ones.
    fn update_connection(
        executor: &Asked<'_, '_>,
        input: UpdateConnectionInput,
    ) -> Result<Option<SyncConnectionPayload>, ApiError> {
        crate::source::connection_mutations::update(executor, input).map(Some)
    }

    /// Ends a connection for ever: its secrets are gone, and what it brought stays.
    fn delete_connection(
        executor: &Asked<'_, '_>,
        input: DeleteConnectionInput,
    ) -> Result<Option<SyncConnectionPayload>, ApiError> {
        crate::source::connection_mutations::delete(executor, &input).map(Some)
    }

    /// Asks the source whether all that is needed is there and allowed, for at most 30 seconds; nothing is changed.
    fn test_connection(
        executor: &Asked<'_, '_>,
        input: TestConnectionInput,
    ) -> Result<Option<TestConnectionPayload>, ApiError> {
        crate::source::test::test(executor, &input).map(Some)
    }

    /// Starts a run, which a worker takes up at once. A connection has one run at a time: asked for the same again, the one under
    /// way is answered.
    fn start_sync(
        executor: &Asked<'_, '_>,
        input: StartSyncInput,
    ) -> Result<Option<SyncRunPayload>, ApiError> {
        crate::source::run_mutations::start(executor, &input).map(Some)
    }

    /// Stops reading a connection until somebody resumes it. A run under way ends; what it reached stays.
    fn pause_sync(
        executor: &Asked<'_, '_>,
        input: PauseSyncInput,
    ) -> Result<Option<SyncConnectionPayload>, ApiError> {
        crate::source::connection_mutations::pause(executor, &input).map(Some)
    }

    /// Reads a connection again, from where it was left.
    fn resume_sync(
        executor: &Asked<'_, '_>,
        input: ResumeSyncInput,
    ) -> Result<Option<SyncConnectionPayload>, ApiError> {
        crate::source::connection_mutations::resume(executor, &input).map(Some)
    }

    /// Ends a run. What it reached stays, and the next one goes on from there.
    fn cancel_sync(
        executor: &Asked<'_, '_>,
        input: CancelSyncInput,
    ) -> Result<Option<SyncRunPayload>, ApiError> {
        crate::source::run_mutations::cancel(executor, &input).map(Some)
    }

    /// Has what could not be taken be read again from its source, where it may have been corrected: a run over everything, in
    /// which what has not changed costs next to nothing.
    fn replay_rejects(
        executor: &Asked<'_, '_>,
        input: ReplayRejectsInput,
    ) -> Result<Option<SyncRunPayload>, ApiError> {
        crate::source::run_mutations::replay(executor, &input).map(Some)
    }

    /// Answers what a source raised: whose a record is, that two customers were merged, that what is gone may be put away.
    fn resolve_sync_review(
        executor: &Asked<'_, '_>,
        input: ResolveSyncReviewInput,
    ) -> Result<Option<SyncReviewPayload>, ApiError> {
        crate::source::review::resolve(executor, &input).map(Some)
    }

    /// Registers an application. Needs the permission `change_app`, and everything that the application gets.
    fn create_application(
        executor: &Asked<'_, '_>,
        input: CreateApplicationInput,
    ) -> Result<Option<ApplicationPayload>, ApiError> {
        crate::auth::application::create(executor, input).map(Some)
    }

    /// Changes an application, and with it what all of its keys open. Needs the permission `change_app`, and everything
    /// that the application gains.
    fn update_application(
        executor: &Asked<'_, '_>,
        input: UpdateApplicationInput,
    ) -> Result<Option<ApplicationPayload>, ApiError> {
        crate::auth::application::update(executor, input).map(Some)
    }

    /// Deletes an application: its keys open nothing any more. Needs the permission `change_app`.
    fn delete_application(
        executor: &Asked<'_, '_>,
        input: DeleteApplicationInput,
    ) -> Result<Option<ApplicationPayload>, ApiError> {
        crate::auth::application::delete(executor, &input).map(Some)
    }

    /// Makes a key for an application, and shows it this once. Needs the permission `change_app`, and everything that the
    /// application may.
    fn create_api_key(
        executor: &Asked<'_, '_>,
        input: CreateApiKeyInput,
    ) -> Result<Option<CreateApiKeyPayload>, ApiError> {
        crate::auth::api_key::create(executor, input).map(Some)
    }

    /// Revokes a key: it opens nothing from now on. Needs the permission `change_app`.
    fn revoke_api_key(
        executor: &Asked<'_, '_>,
        input: RevokeApiKeyInput,
    ) -> Result<Option<ApiKeyPayload>, ApiError> {
        crate::auth::api_key::revoke(executor, &input).map(Some)
    }
}
