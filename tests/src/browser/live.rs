//! What happens while a page is open: it appears by itself, it waits while paused, and a lost connection is told.

use super::{
    pair,
    tab::{Look, Tab},
};
use crate::{product::Product, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_appears_without_a_reload_and_not_while_paused() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "o-1", "paid", "paid").await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&format!("{}/replicas/order/view", product.url)).await;
    tab.until("document.querySelector('.top button[aria-pressed=false]')").await;
    tab.value("window.same = true").await;

    pair::write(&product, "o-2", "paid", "open").await;
    tab.until("document.querySelector('main').innerText.includes('o-2')").await;
    tab.until("document.querySelector('.rail a[title=Replicas] .n')?.innerText === '1'").await;

    tab.click(".top button[aria-pressed=false]").await;
    tab.until("document.querySelector('.top button[aria-pressed=true]')").await;
    pair::write(&product, "o-3", "paid", "open").await;
    product.until("/findings?key=o-3", |page| page["items"][0].is_object()).await.unwrap();
    // A page that is not paused shows it: what the first one waits for has been told.
    let other = Tab::open(browser, Look::default()).await;
    other.go_live(&format!("{}/", product.url)).await;
    other.until("document.querySelector('.rail a[title=Replicas] .n')?.innerText === '2'").await;
    assert!(!tab.text().await.contains("o-3"), "paused and moving");
    assert_eq!(tab.value("document.querySelector('.rail a[title=Replicas] .n').innerText").await, "1");

    tab.click(".top button[aria-pressed=true]").await;
    tab.until("document.querySelector('main').innerText.includes('o-3')").await;
    assert_eq!(tab.value("window.same").await, true, "the page was loaded anew");
    tab.is_content().await;
    other.is_content().await;
    tab.close().await;
    other.close().await;
    product.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_told_and_what_is_shown_stays() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "o-1", "paid", "open").await;
    product.until("/findings", |page| page["items"][0].is_object()).await.unwrap();
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&format!("{}/replicas/order/view", product.url)).await;
    tab.until("document.querySelector('.top button[aria-pressed=false]')").await;
    product.stop();
    tab.until_text("Connection lost").await;
    assert!(tab.text().await.contains("o-1"), "what was shown went away");
    // A page that cannot be asked for says so, and is not drawn as an empty one (UI-1).
    tab.keys("gi").await;
    tab.until_text("Plumbline did not answer").await;
    tab.until_text("Try again").await;
    assert!(!tab.text().await.contains("No incident is open"));
    tab.close().await;
}
