//! Questions about one's own account. The password is a wrong one, since everybody else still needs the accounts.

use super::{Row, mutation, nothing};

pub(super) fn all() -> Vec<Row> {
    vec![
        mutation(
            "verifyAccount",
            "a token of nobody",
            "mutation { verifyAccount(token: \"0\") { success errors } }",
            nothing,
        ),
        mutation(
            "resendActivationEmail",
            "an address of nobody",
            "mutation { resendActivationEmail(email: \"nobody@matrix.example\") { success errors } }",
            nothing,
        ),
        mutation(
            "sendPasswordResetEmail",
            "an address of nobody",
            "mutation { sendPasswordResetEmail(email: \"nobody@matrix.example\") { success errors } }",
            nothing,
        ),
        mutation(
            "passwordReset",
            "a token of nobody",
            "mutation { passwordReset(
                token: \"0\", newPassword1: \"coffee with 4 jays\", newPassword2: \"coffee with 4 jays\"
            ) { success errors } }",
            nothing,
        ),
        mutation(
            "passwordSet",
            "a token of nobody",
            "mutation { passwordSet(
                token: \"0\", newPassword1: \"coffee with 4 jays\", newPassword2: \"coffee with 4 jays\"
            ) { success errors } }",
            nothing,
        ),
        mutation(
            "passwordChange",
            "a wrong password",
            "mutation { passwordChange(
                oldPassword: \"x\", newPassword1: \"coffee with 4 jays\", newPassword2: \"coffee with 4 jays\"
            ) { success errors } }",
            nothing,
        ),
        mutation(
            "updateAccount",
            "",
            "mutation { updateAccount(picture: null) { success errors } }",
            nothing,
        ),
        mutation(
            "archiveAccount",
            "a wrong password",
            "mutation { archiveAccount(password: \"x\") { success errors } }",
            nothing,
        ),
        mutation(
            "deleteAccount",
            "a wrong password",
            "mutation { deleteAccount(password: \"x\") { success errors } }",
            nothing,
        ),
        mutation(
            "sendSecondaryEmailActivation",
            "a wrong password",
            "mutation { sendSecondaryEmailActivation(
                email: \"second@matrix.example\", password: \"x\"
            ) { success errors } }",
            nothing,
        ),
        mutation(
            "verifySecondaryEmail",
            "a token of nobody",
            "mutation { verifySecondaryEmail(token: \"0\") { success errors } }",
            nothing,
        ),
        mutation(
            "swapEmails",
            "a wrong password",
            "mutation { swapEmails(password: \"x\") { success errors } }",
            nothing,
        ),
        mutation(
            "removeSecondaryEmail",
            "a wrong password",
            "mutation { removeSecondaryEmail(password: \"x\") { success errors } }",
            nothing,
        ),
    ]
}
