//! The taps: what sources may be configured, how their records become observations, and the clients that read them.
//! One module a source, each {config, decode, client}; `decode` is pure and total (COL-1), only `client` touches a driver.

pub mod config;
