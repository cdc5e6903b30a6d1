//! How a request body becomes core values, with every error of the body at once.

use super::json_object::JsonObject;
use crate::server::problem::{FieldError, IntoFieldError, Problem};
use serde::de::DeserializeOwned;

/// The shape of a request body, or of an object inside one.
pub(crate) trait RequestBody: DeserializeOwned {
    /// The core value that it is parsed into.
    type Core;

    /// Parses the body; `None` only if an error was added.
    fn parse(self, errors: &mut ValidationErrors) -> Option<Self::Core>;
}

/// The errors of a body so far, and the path of the object that is being parsed.
#[derive(Debug, Default)]
pub(crate) struct ValidationErrors {
    errors: Vec<FieldError>,
    path: String,
}

impl ValidationErrors {
    /// Adds an error of this member.
    pub(crate) fn add(&mut self, member: &str, code: &str, message: &str) {
        let field = self.field(member);
        self.errors.push(FieldError::new(field, code, message));
    }

    /// Returns the value of a member, or adds its error.
    pub(crate) fn check<T, E: IntoFieldError>(
        &mut self,
        member: &str,
        value: Result<T, E>,
    ) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(error.field_error(self.field(member)));
                None
            }
        }
    }

    /// Parses a member that must be present.
    pub(crate) fn required<T, U, E: IntoFieldError>(
        &mut self,
        member: &str,
        value: Option<T>,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        match value {
            Some(value) => self.check(member, parse(value)),
            None => {
                self.add(member, "required", "is required");
                None
            }
        }
    }

    /// Parses a member that may be absent: the outer `None` only if an error was added.
    pub(crate) fn optional<T, U, E: IntoFieldError>(
        &mut self,
        member: &str,
        value: Option<T>,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<Option<U>> {
        match value {
            Some(value) => self.check(member, parse(value)).map(Some),
            None => Some(None),
        }
    }

    /// Parses an object.
    pub(crate) fn object<B: RequestBody>(
        &mut self,
        member: &str,
        value: JsonObject<B>,
    ) -> Option<B::Core> {
        let outer = std::mem::take(&mut self.path);
        self.path = join(&outer, member);
        let core = value.into_inner().parse(self);
        self.path = outer;
        core
    }

    /// Parses an object that may be absent.
    pub(crate) fn optional_object<B: RequestBody>(
        &mut self,
        member: &str,
        value: Option<JsonObject<B>>,
    ) -> Option<Option<B::Core>> {
        match value {
            Some(value) => self.object(member, value).map(Some),
            None => Some(None),
        }
    }

    /// Parses a list of objects; all of them, whether or not the first is valid.
    pub(crate) fn list<B: RequestBody>(
        &mut self,
        member: &str,
        values: Vec<JsonObject<B>>,
    ) -> Option<Vec<B::Core>> {
        let parsed: Vec<_> = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| self.object(&format!("{member}[{index}]"), value))
            .collect();
        parsed.into_iter().collect()
    }

    /// Parses a list of objects that must be present and not empty.
    pub(crate) fn required_list<B: RequestBody>(
        &mut self,
        member: &str,
        values: Option<Vec<JsonObject<B>>>,
    ) -> Option<Vec<B::Core>> {
        match values {
            Some(values) if values.is_empty() => {
                self.add(member, "empty", "must have at least one entry");
                None
            }
            Some(values) => self.list(member, values),
            None => {
                self.add(member, "required", "is required");
                None
            }
        }
    }

    /// Parses a list of objects that may be absent, but not empty.
    pub(crate) fn optional_list<B: RequestBody>(
        &mut self,
        member: &str,
        values: Option<Vec<JsonObject<B>>>,
    ) -> Option<Option<Vec<B::Core>>> {
        match values {
            Some(values) => self.required_list(member, Some(values)).map(Some),
            None => Some(None),
        }
    }

    /// Returns what was parsed, if there was no error.
    ///
    /// # Errors
    /// 400 with every error.
    pub(crate) fn finish<T>(self, core: Option<T>) -> Result<T, Problem> {
        match core {
            Some(core) if self.errors.is_empty() => Ok(core),
            _ if !self.errors.is_empty() => Err(Problem::invalid(self.errors)),
            _ => {
                tracing::error!("a body was rejected without an error");
                Err(Problem::internal())
            }
        }
    }

    fn field(&self, member: &str) -> String {
        join(&self.path, member)
    }
}

fn join(path: &str, member: &str) -> String {
    match (path, member) {
        ("", member) => member.to_owned(),
        (path, "") => path.to_owned(),
        (path, member) => format!("{path}.{member}"),
    }
}
