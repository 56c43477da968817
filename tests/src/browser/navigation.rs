//! Links, the range, filters and the way back, without loading a page anew; the address always holds the view.

use super::{
    shop::shop,
    tab::{Look, Tab},
};
use crate::services::Services;

#[tokio::test(flavor = "multi_thread")]
async fn links_range_and_back_keep_to_one_document() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&shop.url).await;
    tab.value("window.same = true").await;

    tab.click(".rail a[title=Replicas]").await;
    tab.until("document.title === 'Replicas – Plumbline'").await;
    tab.click("main a[href^='/replicas/order/order-view']").await;
    tab.until("location.pathname === '/replicas/order/order-view'").await;
    // The shop's later writes may have mended it.
    tab.click("main a[href*='state=all']").await;
    tab.until_text(&shop.key).await;
    tab.back().await;
    tab.until("location.search === ''").await;

    tab.click("#range summary").await;
    tab.click("#range a[href*='last=15m']").await;
    tab.until("location.search.includes('last=15m')").await;
    tab.until_text("Last 15 minutes").await;
    tab.until("!document.querySelector('#range').open").await;
    tab.back().await;
    tab.until_text("Last 1 hour").await;
    tab.back().await;
    tab.until("location.pathname === '/replicas' && document.title === 'Replicas – Plumbline'").await;
    assert_eq!(tab.value("window.same").await, true, "a page was loaded anew");
    tab.is_content().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_opens_a_panel_with_an_address_and_escape_closes_it() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&format!("{}/replicas/order/order-view?state=all", shop.url)).await;
    tab.click("main a[data-row]").await;
    tab.until("location.search.includes('finding=') && document.querySelector('main [data-close]')").await;
    let address = tab.address().await;
    tab.key(fantoccini::key::Key::Escape).await;
    tab.until("!location.search.includes('finding=') && !document.querySelector('main [data-close]')").await;
    tab.go_live(&format!("{}{address}", shop.url)).await;
    tab.until("document.querySelector('main [data-close]')").await;
    tab.is_content().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_said() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    for (page, words) in [
        ("/incidents/99999", "There is no incident 99999"),
        ("/no/such/page", "There is no page at this address"),
        ("/sagas?from=yesterday", "yesterday"),
    ] {
        tab.go_live(&format!("{}{page}", shop.url)).await;
        tab.until_text(words).await;
        let complaints = tab.complaints().await;
        let other: Vec<_> = complaints.iter().filter(|it| !it.contains("Failed to load resource")).collect();
        assert!(other.is_empty(), "{page}: {other:#?}");
    }
    tab.close().await;
}
