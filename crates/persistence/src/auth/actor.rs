//! How an account and a session stand.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::{LoginStanding, SessionId};
use regulars_customer::UserType;
use regulars_kernel::{PersonId, Scope, StoreError};

use super::post::{self, PostRow, PostSql};
use crate::{Tx, statement::Statement};

type RowSql = (Text, BigInt, Bool, Bool, Bool, Bool, Bool, PostSql, Nullable<Bool>);

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
    /// Whether the statement has narrowed the walls.
    narrowed: Option<bool>,
}

impl Row {
    fn standing(self, person: PersonId) -> Result<LoginStanding, StoreError> {
        let corrupt = |table, column| StoreError::Corrupt { table, column, id: person.get() };
        let user_type = UserType::from_name(&self.user_type);
        Ok(LoginStanding {
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
) -> Result<Option<LoginStanding>, StoreError> {
    let narrows = tx.narrows();
    // MATERIALIZED: every look-up behind the wider walls is done before they are narrowed.
    let mut statement =
        Statement::<RowSql>::new(if narrows { "WITH b AS MATERIALIZED (" } else { "" })
            .sql(
                "SELECT p.user_type, p.token_version, p.active, p.archived, p.staff, p.admin, \
                 EXISTS (SELECT 1 FROM session s WHERE s.person_id = p.id AND s.revoked_at IS NULL \
                 AND s.id = ",
            )
            .bind(session.get())
            .sql("), ")
            .sql(post::COLUMNS);
    if !narrows {
        statement.push(", NULL");
    }
    statement.push(
        " FROM person p LEFT JOIN staff_member w ON w.person_id = p.id AND w.ended_at IS NULL \
         WHERE p.registered AND p.id = ",
    );
    statement.push_bind(person.get());
    if narrows {
        push_narrowing(&mut statement, person);
    }
    let Some(row) = statement.first::<Row>(tx.connection)? else { return Ok(None) };
    let narrowed = row.narrowed == Some(true);
    let standing = row.standing(person)?;
    if narrowed {
        let merchant = standing.post.as_ref().map(|post| post.merchant);
        tx.has_narrowed(match (standing.user_type, merchant) {
            (UserType::Merchant, Some(merchant)) => Scope::Merchant(merchant),
            (UserType::Merchant, None) | (UserType::Consumer, _) => Scope::Person(person),
        });
    }
    Ok(Some(standing))
}

/// Goes on behind the look-up: whose scope its bearer has, as [`LoginStanding::into_actor`] says. Platform staff keep the wider
/// one, and so does whoever is nobody.
fn push_narrowing(statement: &mut Statement<RowSql>, person: PersonId) {
    statement.push(
        ") SELECT b.*, CASE WHEN b.staff OR b.admin THEN FALSE \
         WHEN b.user_type = 'CONSUMER' THEN narrow_scope(NULL, ",
    );
    statement.push_bind(person.get());
    statement.push(
        ") WHEN b.merchant_id IS NOT NULL THEN narrow_scope(b.merchant_id, NULL) ELSE FALSE END \
         FROM b",
    );
}
