//! The closed list of fields that an entry may hold a value of.

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal $kind:ident,)+) => {
        /// A field that the log may hold, by its name in the API. Nothing else gets in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $name,)+ }

        impl Field {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in the API and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The field of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }

            /// Whether its values tell of a person, and go when the person is erased.
            pub const fn is_personal(self) -> bool {
                match self { $(Self::$name => fields!(@ $kind),)+ }
            }
        }
    };
    (@ personal) => { true };
    (@ plain) => { false };
}

fields! {
    /// The e-mail address.
    Email = "email" personal,
    /// The second e-mail address.
    SecondaryEmail = "secondaryEmail" personal,
    /// The first name.
    Firstname = "firstname" personal,
    /// The last name.
    Lastname = "lastname" personal,
    /// The phone number.
    PhoneNumber = "phoneNumber" personal,
    /// The birth date.
    Birthday = "birthday" personal,
    /// The gender.
    Gender = "gender" personal,
    /// The country.
    Country = "country" personal,
    /// The city.
    City = "city" personal,
    /// The street address.
    Street = "street" personal,
    /// The zip code.
    ZipCode = "zipCode" personal,
    /// The address of a picture.
    Picture = "picture" personal,
    /// The loyalty id.
    LoyaltyId = "loyaltyId" personal,
    /// A merchant's own card numbers.
    Cards = "cards" personal,
    /// The merchant's own fields.
    ExtraInfo = "extraInfo" personal,
    /// The id in another system.
    EntitySourceId = "entitySourceId" personal,
    /// The other system.
    EntitySource = "entitySource" plain,
    /// Discounts that an order may have.
    NumOfOrderDiscountsAllowed = "numOfOrderDiscountsAllowed" plain,
    /// How much of the profile a merchant sees.
    Sharing = "sharing" plain,
    /// What somebody decided about being contacted, by channel.
    Consents = "consents" plain,
    /// Put away.
    Archived = "archived" plain,
    /// The customer into whom one was merged, by number.
    MergedInto = "mergedInto" plain,
    /// Whether the address was proved.
    Verified = "verified" plain,
    /// Not deleted.
    Active = "active" plain,
    /// Erased: nothing is left that tells of them.
    Erased = "erased" plain,
    /// That nothing happened: it was only said what would.
    DryRun = "dryRun" plain,
    /// A short keyed hash of an address that is nobody's.
    EmailDigest = "emailDigest" plain,
    /// What people call a role, an application or a key. Often nobody's name; but as it may be somebody's it is kept where it
    /// can be cleared.
    DisplayName = "displayName" personal,
    /// The roles of a member of staff, by number.
    Roles = "roles" plain,
    /// Permissions, by codename.
    Permissions = "permissions" plain,
    /// Whether somebody works in every store.
    AllStores = "allStores" plain,
    /// The stores of a member of staff, an application or a group, by number.
    Stores = "stores" plain,
    /// The store groups of a member of staff, by number.
    StoreGroups = "storeGroups" plain,
    /// How much an app may ask within a minute.
    RequestsPerMinute = "requestsPerMinute" plain,
    /// What a connection to another system was told, but for secrets.
    Settings = "settings" plain,
    /// That a connection to another system got secrets.
    Credentials = "credentials" plain,
    /// What people call a store, a store group, a product or a connection.
    Name = "name" plain,
    /// Where a store is on the map.
    Location = "location" plain,
    /// The address of a store.
    Address = "address" plain,
    /// Where a store is reached.
    Hotline = "hotline" plain,
    /// The tax on what a store sells, in per cent, as the API has it: `19.00`.
    TaxRate = "taxRate" plain,
    /// The clock of a store.
    TimeZone = "timeZone" plain,
    /// When the business day of a store begins.
    DayStartsAt = "dayStartsAt" plain,
    /// Hours after which a sale of a store is late.
    LateHours = "lateHours" plain,
    /// Whether a store is open for business at all.
    IsActive = "isActive" plain,
    /// What a product costs, with its currency.
    Price = "price" plain,
    /// The shelf that a product stands on.
    Category = "category" plain,
    /// The store of an order, by number.
    Store = "store" plain,
    /// Whose an order is, by number.
    Consumer = "consumer" plain,
    /// Who serves, by number.
    Waiter = "waiter" plain,
    /// How an order is fulfilled, by number.
    OrderType = "orderType" plain,
    /// How far an order has come, or a run; whether a connection is read; what became of a question.
    State = "state" plain,
    /// How an order is paid.
    PaymentType = "paymentType" plain,
    /// How many sit at the table.
    NumOfGuests = "numOfGuests" plain,
    /// When an order is to be picked up.
    PickupDt = "pickupDt" plain,
    /// What an order comes to.
    Total = "total" plain,
    /// The tax in it.
    Tax = "tax" plain,
    /// What was given back of it.
    Refunded = "refunded" plain,
    /// When an order was completed.
    CompletedAt = "completedAt" plain,
    /// The order of a line, by number.
    Order = "order" plain,
    /// The product of a line or of a reward, by number.
    Product = "product" plain,
    /// How many of it.
    Quantity = "quantity" plain,
    /// What one costs.
    UnitPrice = "unitPrice" plain,
    /// What makes each another than the plain one.
    Modifiers = "modifiers" plain,
    /// What a line costs.
    Cost = "cost" plain,
    /// Whether a line was handed over.
    IsCompleted = "isCompleted" plain,
    /// What was spent on a visit.
    AmountSpent = "amountSpent" plain,
    /// When a visit was.
    OccurredAt = "occurredAt" plain,
    /// The offer that is redeemed, by number.
    Offer = "offer" plain,
    /// The reward that is bought, by number.
    LoyaltyReward = "loyaltyReward" plain,
    /// How many stamps it takes.
    Stamps = "stamps" plain,
    /// What it is worth, with its currency.
    Amount = "amount" plain,
    /// Until when a code is good.
    ExpiresAt = "expiresAt" plain,
    /// What a till of a store needs to redeem.
    TillRedemption = "tillRedemption" plain,
    /// A line about a promotion.
    ShortDescription = "shortDescription" plain,
    /// All about a promotion.
    LongDescription = "longDescription" plain,
    /// The small print of a promotion.
    TermsAndConditions = "termsAndConditions" plain,
    /// Where a shop front shows a promotion.
    Placement = "placement" plain,
    /// What the merchant decided about a promotion.
    Status = "status" plain,
    /// From when a promotion runs.
    StartTime = "startTime" plain,
    /// Until when a promotion runs.
    EndTime = "endTime" plain,
    /// From what time of the day a promotion runs.
    DayStartTime = "dayStartTime" plain,
    /// Until what time of the day a promotion runs.
    DayEndTime = "dayEndTime" plain,
    /// On which days a promotion runs.
    DaysOfWeek = "daysOfWeek" plain,
    /// The weather that a promotion is meant for.
    Weather = "weather" plain,
    /// How often a promotion may be redeemed in all.
    EnrollmentLimit = "enrollmentLimit" plain,
    /// Whether one customer may redeem a promotion again.
    Repeatable = "repeatable" plain,
    /// How many hours must lie between.
    RepeatDelayHours = "repeatDelayHours" plain,
    /// How many days a code of a promotion lives.
    RedemptionExpirationDays = "redemptionExpirationDays" plain,
    /// To whom a promotion is shown. Rules may name somebody.
    SegmentationRules = "segmentationRules" personal,
    /// The least that a sale must come to, with its currency.
    MinimumSpend = "minimumSpend" plain,
    /// The products that a promotion is about, by number.
    Products = "products" plain,
    /// What a loyalty card collects.
    LoyaltyType = "loyaltyType" plain,
    /// What its points are good for.
    PointsLoyaltyType = "pointsLoyaltyType" plain,
    /// The currency that it counts in.
    Currency = "currency" plain,
    /// Points for each unit of the currency.
    DollarWorth = "dollarWorth" plain,
    /// Points that come with the first earning.
    InitialPoints = "initialPoints" plain,
    /// The most points of a day.
    MaxPointsPerDay = "maxPointsPerDay" plain,
    /// The least number of points that pays.
    PointsNeeded = "pointsNeeded" plain,
    /// Above it, in steps of so many.
    IncrementalPoints = "incrementalPoints" plain,
    /// What a point pays.
    PointWorth = "pointWorth" plain,
    /// The least price that counts.
    MinPrice = "minPrice" plain,
    /// The highest price that counts.
    MaxPrice = "maxPrice" plain,
    /// Whether the tax counts.
    TaxIncluded = "taxIncluded" plain,
    /// How many months points live.
    ValidityInMonths = "validityInMonths" plain,
    /// How many days points are pending.
    ActivationDelayDays = "activationDelayDays" plain,
    /// How many stamps fill a card.
    StampsNeeded = "stampsNeeded" plain,
    /// The most stamps of a day.
    MaxStampsPerDay = "maxStampsPerDay" plain,
    /// How many days a stamp lives.
    StampExpirationDays = "stampExpirationDays" plain,
    /// The loyalty card of a reward, by number.
    LoyaltyCard = "loyaltyCard" plain,
    /// What a reward costs.
    Points = "points" plain,
    /// How many of a reward are left.
    Stock = "stock" plain,
    /// Until when a reward is to be had.
    Expiry = "expiry" plain,
    /// How far a refund takes back what its sale earned.
    RefundPolicy = "refundPolicy" plain,
    /// How many days a sale can be claimed.
    ClaimDays = "claimDays" plain,
    /// How many days points live that a refund returns.
    RefundGraceDays = "refundGraceDays" plain,
    /// The campaign of an offer, by number.
    Campaign = "campaign" plain,
    /// What kind of discount an offer is.
    OfferType = "offerType" plain,
    /// How much an offer takes off: parts per million, an amount with its currency, or free items.
    OfferValue = "offerValue" plain,
    /// How many items must be bought for an offer.
    NumOfItems = "numOfItems" plain,
    /// The one code of an offer, where it is one for everybody.
    RedemptionCode = "redemptionCode" plain,
    /// When a redemption was taken back.
    ReversedAt = "reversedAt" plain,
    /// Whether a sale with an offer earns points.
    EarnPoints = "earnPoints" plain,
    /// Whether an offer goes together with others.
    Stackable = "stackable" plain,
    /// Entries that found no room in the log.
    Dropped = "dropped" plain,
    /// How many more of the same there were within a minute.
    Repeated = "repeated" plain,
}
