//! What applications and their keys ask of whoever keeps the rows.

use regulars_kernel::{ApiKeyId, ApplicationId, MerchantId, PersonId, StoreError, Timestamp};

use crate::{
    api_key::{ApiKey, KeyPrefix, KeyStanding, NewApiKey},
    application::{AppId, Application, NewApplication},
};

/// Applications and their keys. `Merchant` scope has its own rows, `Platform` scope all; `Person` scope has none. Reading
/// what is out of reach finds nothing, writing it is an error. Deleted applications are not found, nor are their keys.
pub trait ApplicationStore {
    /// Applications by id, in no order.
    fn applications(&mut self, ids: &[ApplicationId]) -> Result<Vec<Application>, StoreError>;

    /// The applications of a merchant, by ascending id.
    fn merchant_applications(
        &mut self,
        merchant: MerchantId,
    ) -> Result<Vec<Application>, StoreError>;

    /// Keeps an application.
    fn insert_application(&mut self, new: &NewApplication) -> Result<ApplicationId, StoreError>;

    /// Writes an application's name, permissions, stores, limit and `updated_at`.
    fn update_application(&mut self, application: &Application) -> Result<(), StoreError>;

    /// Ends an application and revokes its keys. The row stays, for what names it.
    fn delete_application(
        &mut self,
        application: &Application,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The keys of applications, ended ones among them, by ascending id.
    fn api_keys(&mut self, of: &[ApplicationId]) -> Result<Vec<ApiKey>, StoreError>;

    /// The key of that number.
    fn find_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;

    /// Keeps a key. The prefix is the application's only one of its kind.
    fn insert_api_key(&mut self, new: &NewApiKey) -> Result<ApiKeyId, StoreError>;

    /// Revokes a key.
    fn revoke_api_key(&mut self, key: &ApiKey, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes the keys in force that somebody made, and answers which, by ascending id.
    fn revoke_api_keys_of(
        &mut self,
        merchant: MerchantId,
        creator: PersonId,
        at: Timestamp,
    ) -> Result<Vec<ApiKeyId>, StoreError>;

    /// Deletes keys.
    fn forget_api_keys(&mut self, of: MerchantId, ids: &[ApiKeyId]) -> Result<(), StoreError>;

    /// How a key and its application stand, revoked and deleted ones too; `None` where no application of that id has a key
    /// of that prefix. Needs the scope `Platform`. Asked once a request, and one statement.
    fn find_key_standing(
        &mut self,
        app_id: AppId,
        prefix: &KeyPrefix,
    ) -> Result<Option<KeyStanding>, StoreError>;

    /// Notes that a key was used, unless a later use is noted. One that is gone is no error. Needs the scope `Platform`.
    fn note_use(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
