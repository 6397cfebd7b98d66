//! What staff and roles ask of whoever keeps the rows.

use regulars_kernel::{
    ApplicationId, MerchantId, Page, PageRequest, PersonId, RoleId, StoreError, Timestamp,
};

use crate::{
    actor::Post,
    role::{NewRole, Role},
    staff::{Assignment, StaffMember, StaffSort},
};

/// Who works for a merchant, and its roles. `Merchant` scope has its own rows, `Platform` scope all; `Person` scope has
/// none. Reading what is out of reach finds nothing, writing it is an error. Former staff are not found.
pub trait StaffStore {
    /// Has everybody else who changes this merchant's staff or roles wait until this transaction ends: what is read from
    /// here on stays true until then.
    fn lock_staff(&mut self, merchant: MerchantId) -> Result<(), StoreError>;

    /// What an application may that is in force; it never owns the merchant.
    fn app_post(&mut self, app: ApplicationId) -> Result<Option<Post>, StoreError>;

    /// Members of staff, in no order.
    fn staff(&mut self, ids: &[PersonId]) -> Result<Vec<StaffMember>, StoreError>;

    /// A page of the staff of a merchant.
    fn list_staff(
        &mut self,
        merchant: MerchantId,
        page: &PageRequest<StaffSort>,
    ) -> Result<Page<StaffMember>, StoreError>;

    /// How many rows [`Self::list_staff`] has on all its pages.
    fn count_staff(&mut self, merchant: MerchantId) -> Result<u64, StoreError>;

    /// Who owns a merchant by an account in force, neither put away nor deleted; in no order.
    fn owners(&mut self, merchant: MerchantId) -> Result<Vec<PersonId>, StoreError>;

    /// Gives an account its job: one at most, for ever.
    fn insert_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Puts an assignment in place of a member's former one.
    fn update_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
    ) -> Result<(), StoreError>;

    /// Ends a job. The account stays where it is named, in old orders say; what it was assigned goes.
    fn end_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Roles by id, in no order.
    fn roles(&mut self, ids: &[RoleId]) -> Result<Vec<Role>, StoreError>;

    /// The roles of a merchant, by ascending id.
    fn merchant_roles(&mut self, merchant: MerchantId) -> Result<Vec<Role>, StoreError>;

    /// Keeps a role.
    fn insert_role(&mut self, role: &NewRole) -> Result<RoleId, StoreError>;

    /// Writes a role's name, permissions and `updated_at`.
    fn update_role(&mut self, role: &Role) -> Result<(), StoreError>;

    /// Takes a role from everybody who has it, and deletes it.
    fn delete_role(&mut self, role: &Role) -> Result<(), StoreError>;
}
