//! What a merchant sells.

pub mod change;

use regulars_kernel::{
    Actor, Denied, MerchantId, Money, Page, PageRequest, ProductId, Timestamp, Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
    text::{MAX_CHARS, clean, fold},
};

use crate::{Archived, EntitySource, MerchantError, MerchantStore};

/// Something a merchant sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The key.
    pub id: ProductId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// The shelf it stands on.
    pub category: Option<String>,
    /// The system it was taken over from.
    pub entity_source: Option<EntitySource>,
    /// Its id there.
    pub entity_source_id: Option<String>,
    /// No longer sold.
    pub archived: bool,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// When it was first put down here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The products of those ids that the asker sees, archived ones included (old orders name them), in no order: their own
/// for a merchant's people; for consumers those that their orders, or promotions they see, name, without the merchant's
/// own records; any for platform staff.
pub fn list_by_ids(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    ids: &[ProductId],
) -> Result<Vec<Product>, MerchantError> {
    actor.require_known()?;
    let mut products = tx.products(ids)?;
    if actor.require_consumer().is_ok() {
        for product in &mut products {
            product.extra_info = None;
            product.entity_source = None;
            product.entity_source_id = None;
        }
    }
    Ok(products)
}

/// Which products. Absent is no filter; so is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductFilter {
    /// Exactly this name.
    pub name: Option<String>,
    /// This within the name, whatever the case.
    pub name_icontains: Option<String>,
    /// Exactly this category.
    pub category: Option<String>,
    /// This within the category, whatever the case.
    pub category_icontains: Option<String>,
    /// Taken over from this system.
    pub entity_source: Option<EntitySource>,
    /// Of exactly this id there.
    pub entity_source_id: Option<String>,
    /// In use, archived, or both.
    pub archived: Archived,
}

impl ProductFilter {
    /// The same filter without what filters nothing: empty texts, and spaces around them. Refuses control characters and
    /// over-long texts.
    pub fn checked(mut self) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        for (argument, text) in [
            ("name", &mut self.name),
            ("name_Icontains", &mut self.name_icontains),
            ("category", &mut self.category),
            ("category_Icontains", &mut self.category_icontains),
            ("entitySourceId", &mut self.entity_source_id),
        ] {
            if let Some(typed) = text.take() {
                *text = wrong.check(argument, clean(&typed, MAX_CHARS)).flatten();
            }
        }
        wrong.into_result()?;
        Ok(self)
    }

    /// Whether a product passes. What a port answers is defined by this.
    pub fn admits(&self, product: &Product) -> bool {
        let is = |wanted: &Option<String>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
        };
        let within = |term: &Option<String>, text: &str| {
            term.as_deref().is_none_or(|term| fold(text).contains(&fold(term)))
        };
        is(&self.name, Some(&product.name))
            && within(&self.name_icontains, &product.name)
            && is(&self.category, product.category.as_deref())
            && within(&self.category_icontains, product.category.as_deref().unwrap_or_default())
            && self.entity_source.is_none_or(|source| product.entity_source == Some(source))
            && is(&self.entity_source_id, product.entity_source_id.as_deref())
            && self.archived.admits(product.archived)
    }
}

/// What a list of products can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductSort {
    /// By name, whatever the case.
    Name,
    /// By the instant it was put down here.
    CreatedAt,
    /// By the instant it was last changed.
    UpdatedAt,
}

impl SortField for ProductSort {
    const LIST: &'static str = "products";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::CreatedAt | Self::UpdatedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::Name, Self::CreatedAt, Self::UpdatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<ProductSort> for Product {
    fn sort_key(&self, field: ProductSort) -> SortKey {
        match field {
            ProductSort::Name => SortKey::Text(fold(&self.name)),
            ProductSort::CreatedAt => SortKey::Int(self.created_at.micros()),
            ProductSort::UpdatedAt => SortKey::Int(self.updated_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A page of the asker's merchant's products. For a merchant's people and apps: consumers see the products that something
/// names to them, and walk through nobody's catalogue.
pub fn list(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: ProductFilter,
    page: &PageRequest<ProductSort>,
) -> Result<Page<Product>, MerchantError> {
    actor.merchant().ok_or(Denied)?;
    Ok(tx.list_products(&filter.checked()?, page)?)
}

/// How many products [`list`] has on all its pages.
pub fn count(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: ProductFilter,
) -> Result<u64, MerchantError> {
    actor.merchant().ok_or(Denied)?;
    Ok(tx.count_products(&filter.checked()?)?)
}
