//! What a request is narrowed to: the replicas that `entity` and `replica` name. A name that nothing has is refused, for it
//! would be answered with nothing, and nothing reads as "nothing is wrong".

use plumbline_model::{
    SourceName,
    rules::{EntityRule, ReplicaRule, Rules},
};

use crate::{config::yaml::nearest, http::problem::ApiError};

/// An entity and one of the replicas that are held against its authority.
pub type Pair<'a> = (&'a EntityRule, &'a ReplicaRule);

/// The copies that are asked for, in the order of the configuration.
pub struct Chosen<'a> {
    pub copies: Vec<Pair<'a>>,
    /// Whether anything was left out by a name.
    pub narrowed: bool,
}

impl<'a> Chosen<'a> {
    /// All copies, or those of an entity, of a name, or both.
    ///
    /// # Errors
    /// 404 with the nearest name where nothing is called so.
    pub fn of(rules: &'a Rules, entity: Option<&str>, replica: Option<&str>) -> Result<Self, ApiError> {
        let given = |name: Option<&str>| name.filter(|text| !text.is_empty()).map(str::to_owned);
        let (entity, replica) = (given(entity), given(replica));
        let names: Vec<_> = rules.entities.iter().map(|it| it.name.as_str()).collect();
        if let Some(entity) = &entity
            && !names.contains(&entity.as_str())
        {
            return Err(unknown("entity", "entity", entity, &names));
        }
        let of_entity = |rule: &&EntityRule| entity.as_ref().is_none_or(|entity| rule.name.as_str() == entity);
        let pairs =
            rules.entities.iter().filter(of_entity).flat_map(|rule| rule.copies().map(move |copy| (rule, copy)));
        let pairs: Vec<Pair<'a>> = pairs.collect();
        let Some(replica) = replica else { return Ok(Self { copies: pairs, narrowed: entity.is_some() }) };
        let chosen: Vec<_> = pairs.iter().filter(|(_, copy)| copy.name.as_str() == replica).copied().collect();
        if chosen.is_empty() {
            let names: Vec<_> = pairs.iter().map(|(_, copy)| copy.name.as_str()).collect();
            let authority = rules.entities.iter().filter(of_entity).find(|rule| rule.authority.as_str() == replica);
            return Err(match authority {
                Some(rule) => ApiError::not_found(format!(
                    "{replica} is the authority of {}, which the others are held against: it has no report of its own; configured: {}",
                    rule.name,
                    names.join(", ")
                ))
                .at("replica"),
                None => {
                    let what = entity.map_or_else(|| "replica".to_owned(), |entity| format!("replica of {entity}"));
                    unknown("replica", &what, &replica, &names)
                }
            });
        }
        Ok(Self { copies: chosen, narrowed: true })
    }

    /// Whether what came of the source belongs to what is chosen: to a report of everything belongs all that came.
    pub fn reads(&self, source: &SourceName) -> bool {
        !self.narrowed || self.decides(source)
    }

    /// Whether a copy that is chosen, or an authority of it, lives on the source.
    pub fn decides(&self, source: &SourceName) -> bool {
        let side = |(entity, copy): &Pair<'_>| {
            let authorities = entity.fields.iter().filter_map(|field| field.authority.as_ref());
            let authorities = authorities.chain([&entity.authority]).filter_map(|name| entity.replica(name));
            copy.source == *source || authorities.into_iter().any(|authority| authority.source == *source)
        };
        self.copies.iter().any(side)
    }
}

/// 404 for a name that nothing has, with the one that was probably meant.
pub fn unknown(parameter: &str, what: &str, found: &str, known: &[&str]) -> ApiError {
    let near = nearest(found, known.iter().copied()).map(|near| format!(" (did you mean {near:?}?)"));
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let detail = format!("there is no {what} {found:?}{}; configured: {known}", near.unwrap_or_default());
    ApiError::not_found(detail).at(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Purpose, parse};

    const SHOP: &str = "\
sources: { db: { http: { path: /db } }, view: { http: { path: /v } }, cache: { http: { path: /c } } }
entities:
  order:
    within: 5s
    replicas:
      orders: { source: db, key: $.id, fields: { status: $.status } }
      view: { source: view, key: $.id, fields: { status: $.status } }
  stock:
    within: 5s
    replicas:
      stocks: { source: db, key: $.id, fields: { count: $.count } }
      stock-cache: { source: cache, key: $.id, fields: { count: $.count } }
";

    fn chosen(entity: &str, replica: &str) -> Result<(Vec<String>, Vec<&'static str>), String> {
        let rules = parse("f", SHOP, &|_| None, Purpose::Offline).unwrap_or_else(|it| panic!("{it}")).rules;
        let chosen = Chosen::of(&rules, Some(entity), Some(replica));
        let chosen = chosen.map_err(|error| error.problem().detail.clone())?;
        let names = chosen.copies.iter().map(|(entity, copy)| format!("{} {}", entity.name, copy.name)).collect();
        let read = ["db", "view", "cache"].into_iter().filter(|source| chosen.reads(&SourceName::new(source)));
        Ok((names, read.collect()))
    }

    #[test]
    fn names_choose_copies_and_the_sources_that_decide_over_them() {
        let both = vec!["order view".to_owned(), "stock stock-cache".to_owned()];
        assert_eq!(chosen("", ""), Ok((both, vec!["db", "view", "cache"])));
        assert_eq!(chosen("stock", ""), Ok((vec!["stock stock-cache".to_owned()], vec!["db", "cache"])));
        assert_eq!(chosen("", "view"), Ok((vec!["order view".to_owned()], vec!["db", "view"])));
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_with_the_nearest() {
        let detail = chosen("oder", "").unwrap_err();
        assert_eq!(detail, "there is no entity \"oder\" (did you mean \"order\"?); configured: order, stock");
        let detail = chosen("order", "stock-cache").unwrap_err();
        assert_eq!(detail, "there is no replica of order \"stock-cache\"; configured: view");
        assert!(chosen("", "orders").unwrap_err().starts_with("orders is the authority of order"));
    }
}
