//! Errors of the API: problem details (RFC 9457), served as `application/problem+json`.

shapes! {
    pub struct Problem {
        /// A stable word for programs (`not_found`, `bad_range`, `too_large`).
        #[serde(rename = "type")]
        pub kind: String,
        pub title: String,
        pub status: u16,
        /// What was wrong with this request, and what was expected.
        pub detail: String,
        /// Where in the input: field, line, JSON pointer.
        pub position: Option<String>,
        /// For 429 and 503: when to try again.
        pub retry_after_seconds: Option<u32>,
    }
}
