/// The names of the numbers of an enumerated attribute, from an `EnumType` of SCL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    id: String,
    values: Vec<(i32, String)>,
}

impl EnumType {
    /// An enumeration from its identifier and its pairs of number and name.
    pub fn new<N: Into<String>>(
        id: impl Into<String>,
        values: impl IntoIterator<Item = (i32, N)>,
    ) -> Self {
        EnumType {
            id: id.into(),
            values: values.into_iter().map(|(v, n)| (v, n.into())).collect(),
        }
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Pairs of number and name, in the order given.
    pub fn values(&self) -> &[(i32, String)] {
        &self.values
    }

    /// The name of a number.
    pub fn name_of(&self, value: i32) -> Option<&str> {
        self.values
            .iter()
            .find(|&&(v, _)| v == value)
            .map(|(_, name)| name.as_str())
    }

    /// The number with a name.
    pub fn value_of(&self, name: &str) -> Option<i32> {
        self.values
            .iter()
            .find(|(_, n)| n == name)
            .map(|&(value, _)| value)
    }
}
