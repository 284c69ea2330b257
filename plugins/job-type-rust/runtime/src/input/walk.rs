use std::any::type_name;
use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde_json::{Error, Value};

/// A type that is nothing but itself, wrapped again and again, is left after as many.
const MAX_WRAPPERS: usize = 32;
/// Stands for any key of a map.
const SOME_KEY: &str = "0";

/// From a type to one of those it is made of.
#[derive(Clone)]
pub enum Step {
    /// The member of a structure.
    Member(&'static str),
    /// An element of a list.
    Element,
    /// An element of a tuple, and those before it.
    Place(Vec<Value>),
    /// A value of a map.
    Entry,
    /// What belongs to a variant of an enumeration.
    Variant(&'static str),
}

/// What a type asks serde for.
pub enum Kind {
    /// Whatever comes.
    Any,
    Null,
    Bool,
    Integer,
    /// A whole number that is not negative.
    Natural,
    Number,
    Text,
    List,
    Tuple(usize),
    Map,
    Structure {
        name: &'static str,
        members: &'static [&'static str],
    },
    Enumeration {
        name: &'static str,
        variants: &'static [&'static str],
    },
}

/// Asked of the type at the end of a way, and answered there.
#[derive(Default)]
pub struct Question {
    /// To be read by the type; without one it is only looked at.
    pub value: Option<Value>,
    /// `None` when the type was not reached, or wraps itself for ever.
    pub kind: Option<Kind>,
    /// Whether it may be `null`.
    pub is_optional: bool,
    /// As the compiler writes it, within a `PhantomData`; empty when it was not reached.
    pub type_name: &'static str,
    /// What became of the value; `None` when the type was not reached.
    pub outcome: Option<Result<(), String>>,
}

/// Goes some steps into an input and asks there.
pub type Walk = fn(&[Step], &mut Question);

/// A [`Walk`] into the type `I`.
pub fn walk<I: DeserializeOwned>(path: &[Step], question: &mut Question) {
    // What is to be known is in the question.
    let _ = Walker { path, question, wrappers: 0 }.enter(PhantomData::<I>);
}

/// A deserializer that has no text, and leads a type along a path instead.
struct Walker<'a> {
    path: &'a [Step],
    question: &'a mut Question,
    wrappers: usize,
}

/// Ends the reading of a type of which enough is known.
fn stop() -> Error {
    Error::custom("enough is known")
}

impl Walker<'_> {
    /// Has a type deserialized; at the end of the path no further.
    fn enter<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let Walker { path, question, wrappers } = self;
        let is_there = path.is_empty();
        if is_there {
            question.type_name = type_name::<S>();
        }
        let result = seed.deserialize(Walker { path, question, wrappers });
        if !is_there {
            return result;
        }
        question.outcome = Some(result.map(|_| ()).map_err(|error| error.to_string()));
        Err(stop())
    }

    /// Notes what a type is at the end of the path, or has it read the value.
    fn arrive<T>(self, kind: Kind, read: impl FnOnce(Value) -> Result<T, Error>) -> Result<T, Error> {
        if self.path.is_empty() {
            if let Some(value) = self.question.value.take() {
                return read(value);
            }
            self.question.kind = Some(kind);
        }
        Err(stop())
    }

    /// For what stands around another type and is not to be seen in JSON.
    fn unwrap(self) -> Result<Self, Error> {
        let wrappers = self.wrappers + 1;
        (wrappers < MAX_WRAPPERS).then_some(Self { wrappers, ..self }).ok_or_else(stop)
    }
}

impl<'a> Walker<'a> {
    /// The way on, where the next step fits what the type asks for.
    fn step(self, takes: impl FnOnce(&'a Step) -> Option<Way<'a>>) -> Result<Way<'a>, Self> {
        match self.path.split_first().and_then(|(step, rest)| Some((takes(step)?, rest))) {
            Some((way, rest)) => Ok(Way { walker: Some(Walker { path: rest, ..self }), ..way }),
            None => Err(self),
        }
    }
}

/// Methods of types that are not made of others.
macro_rules! leaves {
    ($($method:ident => $kind:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.arrive(Kind::$kind, |value| value.$method(visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for Walker<'_> {
    type Error = Error;

    leaves! {
        deserialize_any => Any;
        deserialize_ignored_any => Any;
        deserialize_bytes => Any;
        deserialize_byte_buf => Any;
        deserialize_unit => Null;
        deserialize_bool => Bool;
        deserialize_i8 => Integer;
        deserialize_i16 => Integer;
        deserialize_i32 => Integer;
        deserialize_i64 => Integer;
        deserialize_i128 => Integer;
        deserialize_u8 => Natural;
        deserialize_u16 => Natural;
        deserialize_u32 => Natural;
        deserialize_u64 => Natural;
        deserialize_u128 => Natural;
        deserialize_f32 => Number;
        deserialize_f64 => Number;
        deserialize_char => Text;
        deserialize_str => Text;
        deserialize_string => Text;
        deserialize_identifier => Text;
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.arrive(Kind::Null, |value| value.deserialize_unit_struct(name, visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.path.is_empty() {
            if let Some(value) = self.question.value.take() {
                return value.deserialize_option(visitor);
            }
            self.question.is_optional = true;
        }
        visitor.visit_some(self.unwrap()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.path.is_empty() {
            if let Some(value) = self.question.value.take() {
                return value.deserialize_newtype_struct(name, visitor);
            }
        }
        visitor.visit_newtype_struct(self.unwrap()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.step(|step| matches!(step, Step::Element).then(Way::default)) {
            Ok(way) => visitor.visit_seq(way),
            Err(here) => here.arrive(Kind::List, |value| value.deserialize_seq(visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let way = self.step(|step| match step {
            Step::Place(before) => Some(Way { before, ..Way::default() }),
            _ => None,
        });
        match way {
            Ok(way) => visitor.visit_seq(way),
            Err(here) => here.arrive(Kind::Tuple(length), |value| value.deserialize_tuple(length, visitor)),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.step(|step| matches!(step, Step::Entry).then(|| Way::along(SOME_KEY))) {
            Ok(way) => visitor.visit_map(way),
            Err(here) => here.arrive(Kind::Map, |value| value.deserialize_map(visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let way = self.step(|step| match step {
            Step::Member(name) => Some(Way::along(name)),
            _ => None,
        });
        match way {
            Ok(way) => visitor.visit_map(way),
            Err(here) => here.arrive(Kind::Structure { name, members }, |value| {
                value.deserialize_struct(name, members, visitor)
            }),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let way = self.step(|step| match step {
            Step::Variant(name) => Some(Way::along(name)),
            _ => None,
        });
        match way {
            Ok(way) => visitor.visit_enum(way),
            Err(here) => here.arrive(Kind::Enumeration { name, variants }, |value| {
                value.deserialize_enum(name, variants, visitor)
            }),
        }
    }
}

/// The one part of a type that the path leads into.
#[derive(Default)]
struct Way<'a> {
    key: Option<&'static str>,
    before: &'a [Value],
    walker: Option<Walker<'a>>,
}

impl Way<'_> {
    fn along(key: &'static str) -> Self {
        Self { key: Some(key), ..Self::default() }
    }
}

impl<'de> MapAccess<'de> for Way<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.key.take().map(|key| seed.deserialize(StrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.walker.take().ok_or_else(stop)?.enter(seed)
    }
}

impl<'de> SeqAccess<'de> for Way<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if let Some((value, rest)) = self.before.split_first() {
            self.before = rest;
            return seed.deserialize(value.clone()).map(Some);
        }
        self.walker.take().map(|walker| walker.enter(seed)).transpose()
    }
}

impl<'de, 'a> EnumAccess<'de> for Way<'a> {
    type Error = Error;
    type Variant = Walker<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self::Variant), Error> {
        let variant = seed.deserialize(StrDeserializer::new(self.key.take().unwrap_or_default()))?;
        Ok((variant, self.walker.take().ok_or_else(stop)?))
    }
}

impl<'de> VariantAccess<'de> for Walker<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.arrive(Kind::Null, |_| Ok(()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.enter(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_struct("", members, visitor)
    }
}
