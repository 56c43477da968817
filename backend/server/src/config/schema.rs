//! The JSON Schema of the configuration file, for editors and for people who generate it.

use super::file::File;

/// A text to start from; it parses, and is checked to.
pub const STARTER: &str = include_str!("starter.yaml");

/// The schema as a document (draft 2020-12), pretty printed, with the line end that a file has.
pub fn schema() -> String {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let schema = generator.root_schema_for::<File>();
    // A schema is plain JSON; there is nothing in it that could fail to be written.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    #[test]
    fn the_published_schema_is_the_present_one() {
        let published = include_str!("../../../../docs/plumbline.schema.json");
        assert!(
            published == schema(),
            "write it anew: cargo run -p plumbline -- config schema > docs/plumbline.schema.json"
        );
    }

    #[test]
    fn the_starter_is_right_and_so_are_its_comments() {
        let config = parse("starter", STARTER, &|_| None, Purpose::Serve).unwrap();
        assert_eq!(config.warnings.list, []);
        assert_eq!(config.rules.latency.sources, ["otlp".into()], "the addresses imply the source");
        // A key that is commented out must be right too: people take the `#` away.
        let uncommented: String = STARTER
            .lines()
            .map(|line| {
                let bare = line.trim_start();
                let commented = bare.strip_prefix("# ").filter(|rest| is_yaml(rest));
                let indent = &line[..line.len() - bare.len()];
                commented.map_or_else(|| line.to_owned(), |rest| format!("{indent}{rest}")) + "\n"
            })
            .collect();
        let env = |_: &str| Some("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".to_owned());
        let config = parse("starter", &uncommented, &env, Purpose::Serve).unwrap();
        assert_eq!(config.file.sources.len(), 4);
        assert_eq!(config.rules.alerts.routes.len(), 1);
    }

    fn is_yaml(line: &str) -> bool {
        let bare = line.trim_start();
        bare.starts_with("- {")
            || bare.split_once(':').is_some_and(|(key, rest)| {
                !key.contains(' ')
                    && !key.contains('-') | ["shop-events", "orders-db", "on-call"].contains(&key)
                    && (rest.is_empty() || rest.starts_with(" {"))
            })
    }
}
