//! How an account and a session stand.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Text},
};
use regulars_auth::{SessionId, Standing};
use regulars_customer::UserType;
use regulars_kernel::{PersonId, StoreError};

use super::post::{self, PostRow, PostSql};
use crate::{Tx, statement::Statement};

type RowSql = (Text, BigInt, Bool, Bool, Bool, Bool, Bool, PostSql);

#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
struct Row {
    user_type: String,
    token_version: i64,
    active: bool,
    archived: bool,
    staff: bool,
    admin: bool,
    session_live: bool,
    post: PostRow,
}

impl Row {
    fn standing(self, person: PersonId) -> Result<Standing, StoreError> {
        let corrupt = |table, column| StoreError::Corrupt { table, column, id: person.get() };
        let user_type = UserType::from_name(&self.user_type);
        Ok(Standing {
            person,
            user_type: user_type.ok_or_else(|| corrupt("person", "user_type"))?,
            token_version: self.token_version,
            active: self.active,
            archived: self.archived,
            staff: self.staff,
            admin: self.admin,
            session_live: self.session_live,
            post: self.post.post().map_err(|(table, column)| corrupt(table, column))?,
        })
    }
}

/// One statement by primary keys, sent with every request that has a token.
pub(super) fn find_standing(
    tx: &mut Tx<'_>,
    person: PersonId,
    session: SessionId,
) -> Result<Option<Standing>, StoreError> {
    let statement = Statement::<RowSql>::new(
        "SELECT p.user_type, p.token_version, p.active, p.archived, p.staff, p.admin, \
         EXISTS (SELECT 1 FROM session s WHERE s.person_id = p.id AND s.revoked_at IS NULL \
         AND s.id = ",
    )
    .bind(session.get())
    .sql("), ")
    .sql(post::COLUMNS)
    .sql(
        " FROM person p LEFT JOIN staff_member w ON w.person_id = p.id AND w.ended_at IS NULL \
         WHERE p.registered AND p.id = ",
    )
    .bind(person.get());
    statement.first::<Row>(tx.connection)?.map(|row| row.standing(person)).transpose()
}
