//! What a document may ask for. The figures are defaults; a configuration may lower or raise each of them.

/// The limits of one document. Everything past them is refused before anything runs.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the document's text.
    pub document_bytes: usize,
    /// Tokens of the document.
    pub tokens: usize,
    /// Levels of nested selections, fragments and input values.
    pub depth: usize,
    /// Fields of an operation, those of a fragment counted once for each of its spreads.
    pub fields: usize,
    /// Aliases in the document; an alias of `__typename` counts as well.
    pub aliases: usize,
    /// How often one response key may occur in one selection before it is merged.
    pub repeats: usize,
    /// Directives in one place.
    pub directives: usize,
    /// Root fields of a mutation, and of all mutations of one batch together.
    pub root_mutations: usize,
    /// Mutations by which secrets can be guessed. At most one of them in a document or batch: many aliases in one
    /// request would get past a limiter that counts requests.
    pub sensitive: Vec<String>,
    /// The sum of page size × children over the whole operation.
    pub cost: u64,
    /// The page size of a list that names none.
    pub page: u64,
    /// Errors in one answer; those after are left out.
    pub errors: usize,
    /// Lists within lists (`fields`, `interfaces`, `possibleTypes`, `inputFields`) of an introspection.
    pub introspection_depth: usize,
    /// Whether the schema may be asked about itself.
    pub introspection: bool,
    /// Validated documents kept.
    pub cached_documents: usize,
    /// Memory for the validated documents kept, in bytes, estimated.
    pub cached_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 32 * 1024,
            tokens: 5_000,
            depth: 24,
            fields: 2_000,
            aliases: 50,
            repeats: 100,
            directives: 4,
            root_mutations: 10,
            sensitive: [
                "register",
                "obtainToken",
                "signIn",
                "refreshToken",
                "revokeToken",
                "verifyToken",
                "verifyAccount",
                "verifySecondaryEmail",
                "resendActivationEmail",
                "sendPasswordResetEmail",
                "passwordReset",
                "passwordSet",
                "passwordChange",
                "archiveAccount",
                "deleteAccount",
                "sendSecondaryEmailActivation",
                "swapEmails",
                "removeSecondaryEmail",
                "redeem",
            ]
            .map(String::from)
            .to_vec(),
            cost: 50_000,
            page: 100,
            errors: 5,
            introspection_depth: 2,
            introspection: true,
            cached_documents: 1_000,
            cached_bytes: 32 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Whether this root mutation is one of those by which secrets can be guessed.
    pub fn is_sensitive(&self, field: &str) -> bool {
        self.sensitive.iter().any(|name| name == field)
    }

    /// How many fields the canonical form may have: spelling a merged field out for each type of an interface
    /// multiplies it.
    pub(super) const fn canonical_fields(&self) -> usize {
        self.fields.saturating_mul(4)
    }
}
