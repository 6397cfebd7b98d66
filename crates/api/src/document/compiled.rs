//! A validated operation in its canonical form, ready to run as often as it is asked for.

use std::{any::Any, collections::HashMap, fmt, marker::PhantomData};

use juniper::{
    DefaultScalarValue, Definition, EmptySubscription, ExecutionError, GraphQLError, GraphQLType,
    InputValue, Operation, OperationType, SchemaType, ValidatedOperation, Value, Variables,
    meta::MetaType,
    parser::{Spanning, parse_document_source},
    validation::validate_input_values,
};
use self_cell::self_cell;

use super::{
    collect::Collector,
    cost::{Cost, Defaults},
    limits::Limits,
    literal::Literals,
    print::{Declaration, Marks, Printed, print},
    problem::{Location, Problem},
    schema::{Root, Schema},
    survey::{Survey, conditions},
    tree::Source,
};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// It reads.
    Query,
    /// It writes.
    Mutation,
}

/// The data of an answer and what went wrong in its fields.
pub type Execution = (Value, Vec<ExecutionError<DefaultScalarValue>>);

/// An operation of some schema, its types out of sight: the cell below cannot be generic.
trait Execute: Send + Sync {
    fn execute(
        &self,
        variables: &Variables,
        context: &dyn Any,
    ) -> Option<Result<Execution, GraphQLError>>;
}

impl<Q, M, C> Execute for ValidatedOperation<'_, Q, M, EmptySubscription<C>>
where
    Q: GraphQLType<Context = C, TypeInfo = ()> + Send + Sync,
    M: GraphQLType<Context = C, TypeInfo = ()> + Send + Sync,
    C: Send + Sync + 'static,
{
    fn execute(
        &self,
        variables: &Variables,
        context: &dyn Any,
    ) -> Option<Result<Execution, GraphQLError>> {
        context.downcast_ref().map(|context| self.execute_sync(variables, context))
    }
}

type Executable<'a> = Box<dyn Execute + 'a>;

self_cell! {
    struct OperationCell {
        owner: String,
        #[covariant]
        dependent: Executable,
    }
}

type Definitions<'a> = Vec<Definition<'a, DefaultScalarValue>>;

self_cell! {
    /// A document as it was sent, parsed.
    pub(super) struct DocumentCell {
        owner: String,
        #[covariant]
        dependent: Definitions,
    }
}

/// A canonical operation of the schema `S`.
pub struct Compiled<S: Schema> {
    cell: OperationCell,
    marks: Marks,
    kind: OperationKind,
    name: Option<String>,
    root_fields: Vec<String>,
    /// The keys under which they answer, in the same order.
    root_keys: Vec<String>,
    keyless: bool,
    cost: Vec<Cost>,
    /// The variables that stand where null may not.
    required: Vec<String>,
    weight: usize,
    schema: PhantomData<fn() -> S>,
}

impl<S: Schema> fmt::Debug for Compiled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may hold a password.
        f.debug_struct("Compiled")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<S: Schema> Compiled<S> {
    /// Whether it reads or writes.
    pub const fn kind(&self) -> OperationKind {
        self.kind
    }

    /// The operation's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The fields at the root, by their names in the schema, in the order in which they run.
    pub fn root_fields(&self) -> &[String] {
        &self.root_fields
    }

    /// The field at the root that answers under a key, by its name in the schema.
    pub fn root_field(&self, key: &str) -> Option<&str> {
        let place = self.root_keys.iter().position(|known| known == key)?;
        self.root_fields.get(place).map(String::as_str)
    }

    /// Whether a mutation at the root takes no idempotency key: no argument of it is an object with such a field.
    pub const fn is_keyless(&self) -> bool {
        self.keyless
    }

    /// The canonical document.
    pub fn text(&self) -> &str {
        self.cell.borrow_owner()
    }

    /// What it would cost with these variables; `page` is the size of a page that names none.
    pub fn cost(&self, variables: &Variables, page: u64) -> u64 {
        Cost::sum(&self.cost, variables, page)
    }

    /// An estimate of the memory it takes, in bytes.
    pub(super) const fn weight(&self) -> usize {
        self.weight
    }

    /// Refuses null for a variable that stands where null may not.
    pub(super) fn check_nulls(&self, variables: &Variables) -> Result<(), Problem> {
        let null = self
            .required
            .iter()
            .find(|name| variables.get(name.as_str()).is_some_and(InputValue::is_null));
        match null {
            Some(name) => Err(Problem::invalid(format!(
                "Variable \"${name}\" stands where null is not allowed: give it a value, or leave it out where it has a default."
            ))),
            None => Ok(()),
        }
    }

    /// Where an error of the execution stands in the client's document.
    pub fn location(&self, error: &ExecutionError<DefaultScalarValue>) -> Option<Location> {
        self.marks.find(error.location().index())
    }

    /// Runs it, from beginning to end, on this thread.
    ///
    /// # Errors
    /// The variables do not fit.
    pub fn execute(
        &self,
        variables: &Variables,
        context: &S::Context,
    ) -> Result<Execution, Vec<Problem>> {
        self.cell
            .borrow_dependent()
            .execute(variables, context)
            .ok_or_else(|| vec![Problem::invalid("This operation belongs to another schema.")])?
            .map_err(|error| Problem::list(error, |position| self.marks.find(position.index())))
    }
}

/// A document that was validated as it stands.
pub(super) struct Document {
    pub(super) cell: DocumentCell,
    operation_name: Option<String>,
    /// The variables that decide what is left out.
    pub(super) conditions: Vec<String>,
    /// An estimate of the memory it takes, in bytes.
    pub(super) weight: usize,
    /// Whether a password or a token is written out in it.
    pub(super) secret: bool,
}

impl Document {
    /// Parses and validates a document as it was sent.
    pub(super) fn validate<S: Schema>(
        text: &str,
        operation_name: Option<&str>,
        strict: &Root<S>,
        literals: &Literals,
        limits: &Limits,
    ) -> Result<Self, Vec<Problem>> {
        if text.len() > limits.document_bytes {
            return Err(vec![Problem::invalid(format!(
                "The document has {} bytes; at most {} are allowed.",
                text.len(),
                limits.document_bytes
            ))]);
        }
        let problems = |error| Problem::list(error, |position| Some(position.into()));
        let cell = DocumentCell::try_new(text.to_owned(), |text| {
            parse_document_source(text, &strict.schema)
        })
        .map_err(|error| problems(literals.explain(text, error, &strict.schema)))?;
        let survey = Survey::of(cell.borrow_dependent(), limits);
        survey.check(limits).map_err(|problem| vec![problem])?;
        ValidatedOperation::new(text, operation_name, strict).map_err(problems)?;
        survey.check_directives()?;
        let mut document = Self {
            cell,
            operation_name: operation_name.map(String::from),
            conditions: Vec::new(),
            weight: text.len() + survey.weight() + 1_000,
            secret: survey.has_secrets(),
        };
        // What other operations of the document decide is not asked here.
        let operation = document.operation()?;
        let found = conditions(document.cell.borrow_dependent(), &operation.item.selection_set);
        document.conditions = found.into_iter().map(String::from).collect();
        Ok(document)
    }

    fn operation(&self) -> Result<&Spanning<Operation<'_, DefaultScalarValue>>, Vec<Problem>> {
        let name = self.operation_name.as_deref();
        self.cell
            .borrow_dependent()
            .iter()
            .find_map(|definition| match definition {
                Definition::Operation(operation)
                    if name.is_none()
                        || operation.item.name.as_ref().map(|name| name.item) == name =>
                {
                    Some(operation)
                }
                _ => None,
            })
            .ok_or_else(|| vec![Problem::invalid("The document has no such operation.")])
    }

    /// The values of the variables that decide what is left out, in the order of `conditions`, after all variables
    /// were found to fit.
    pub(super) fn decide(
        &self,
        variables: &Variables,
        schema: &SchemaType<DefaultScalarValue>,
    ) -> Result<Vec<bool>, Vec<Problem>> {
        let operation = self.operation()?;
        let errors = validate_input_values(variables, operation, schema);
        if !errors.is_empty() {
            return Err(Problem::of_rules(&errors, |position| Some(position.into())));
        }
        let defaults = defaults(operation);
        self.conditions
            .iter()
            .map(|name| {
                match variables.get(name).or_else(|| defaults.get(name.as_str()).copied()) {
                    Some(InputValue::Scalar(DefaultScalarValue::Boolean(value))) => Ok(*value),
                    // juniper panics over `null` here.
                    _ => Err(vec![Problem::invalid(format!(
                        "Variable \"${name}\" decides about a selection and must be true or false."
                    ))]),
                }
            })
            .collect()
    }

    /// The canonical form under these decisions.
    pub(super) fn compile<S: Schema>(
        &self,
        decisions: &[bool],
        loose: &'static Root<S>,
        limits: &Limits,
    ) -> Result<Compiled<S>, Vec<Problem>> {
        let operation = self.operation()?;
        let schema = &loose.schema;
        let unsupported =
            || vec![Problem::invalid("This schema does not serve this kind of operation.")];
        let (kind, word, parent) = match operation.item.operation_type {
            OperationType::Query => {
                (OperationKind::Query, "query", Some(schema.concrete_query_type()))
            }
            OperationType::Mutation => {
                (OperationKind::Mutation, "mutation", schema.concrete_mutation_type())
            }
            OperationType::Subscription => return Err(unsupported()),
        };
        let parent = parent.ok_or_else(unsupported)?;
        let source = Source::new(self.cell.borrow_owner());
        let values: HashMap<&str, bool> =
            self.conditions.iter().map(String::as_str).zip(decisions.iter().copied()).collect();
        let mut collector =
            Collector::new(schema, &source, limits, self.cell.borrow_dependent(), &values);
        let entries = collector
            .merge_sets(parent, &[&operation.item.selection_set], 0)
            .map_err(|problem| vec![problem])?;
        let root_fields: Vec<String> =
            entries.iter().map(|entry| entry.field.name.to_owned()).collect();
        let root_keys = entries.iter().map(|entry| entry.field.key.to_owned()).collect();
        if kind == OperationKind::Mutation {
            check_mutation(&root_fields, limits).map_err(|problem| vec![problem])?;
        }
        let keyless = kind == OperationKind::Mutation
            && entries.iter().any(|entry| !takes_key(schema, parent, entry.field.name));
        let used = &collector.used;
        let declarations: Vec<Declaration<'_>> = operation
            .item
            .variables_definition
            .iter()
            .flat_map(|list| &list.item.items)
            .filter(|(name, _)| used.contains(name.item))
            .map(|(name, definition)| Declaration {
                name: name.item,
                kind: source.slice(span(&definition.var_type)),
                default: definition.default_value.as_ref().map(|value| source.slice(span(value))),
                at: Location::from(&name.span.start),
            })
            .collect();
        let name = operation.item.name.as_ref().map(|name| name.item);
        let at = Location::from(&operation.span.start);
        let Printed { text, marks, fields, values } =
            print(word, name, &declarations, &entries, at);
        let cost = Cost::of(&entries, &defaults(operation));
        let required = collector.required.iter().copied().map(String::from).collect();
        let weight = 2 * text.len() + 700 * fields + 120 * values + 1_000;
        let cell = OperationCell::try_new(text, |text| {
            ValidatedOperation::new(text, None, loose)
                .map(|operation| Box::new(operation) as Executable<'_>)
        })
        .map_err(|error| Problem::list(error, |position| marks.find(position.index())))?;
        Ok(Compiled {
            cell,
            marks,
            kind,
            name: name.map(String::from),
            root_fields,
            root_keys,
            keyless,
            cost,
            required,
            weight,
            schema: PhantomData,
        })
    }
}

/// The name of the idempotency key among the fields of an input.
pub(crate) const KEY: &str = "idempotencyKey";

/// Whether one of a field's arguments has room for an idempotency key. What the schema says of itself needs none.
fn takes_key(
    schema: &SchemaType<DefaultScalarValue>,
    parent: &MetaType<DefaultScalarValue>,
    name: &str,
) -> bool {
    let arguments = parent.field_by_name(name).and_then(|field| field.arguments.as_deref());
    name.starts_with("__")
        || arguments.unwrap_or_default().iter().any(|argument| {
            schema
                .concrete_type_by_name(argument.arg_type.innermost_name())
                .is_some_and(|kind| kind.input_field_by_name(KEY).is_some())
        })
}

fn span<T>(spanning: &Spanning<T>) -> std::ops::Range<usize> {
    spanning.span.start.index()..spanning.span.end.index()
}

fn defaults<'a>(operation: &'a Spanning<Operation<'a, DefaultScalarValue>>) -> Defaults<'a> {
    operation
        .item
        .variables_definition
        .iter()
        .flat_map(|list| &list.item.items)
        .filter_map(|(name, definition)| {
            definition.default_value.as_ref().map(|value| (name.item, &value.item))
        })
        .collect()
}

/// Refuses too many root fields, and more than one by which a secret can be guessed.
pub(crate) fn check_mutation(root_fields: &[String], limits: &Limits) -> Result<(), Problem> {
    if root_fields.len() > limits.root_mutations {
        return Err(Problem::invalid(format!(
            "{} mutations were asked for at once; at most {} are allowed.",
            root_fields.len(),
            limits.root_mutations
        )));
    }
    let sensitive = root_fields.iter().filter(|name| limits.is_sensitive(name)).count();
    if sensitive > 1 {
        return Err(Problem::invalid(
            "Only one mutation of accounts, tokens or redemptions is allowed at once.",
        ));
    }
    Ok(())
}
