//! The dashboard is worked without a mouse.

use fantoccini::key::Key;

use super::{
    pages::PAGES,
    shop::shop,
    tab::{Look, Tab},
};
use crate::services::Services;

#[tokio::test(flavor = "multi_thread")]
async fn g_and_a_letter_goes_to_each_page() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&format!("{}/settings?last=6h", shop.url)).await;
    tab.value("window.same = true").await;
    for (path, name, letter) in PAGES {
        tab.keys(&format!("g{letter}")).await;
        tab.until(&format!("document.title === '{name} – Plumbline'")).await;
        tab.until(&format!("document.querySelector('.rail [aria-current=page]').title === '{name}'")).await;
        assert_eq!(tab.address().await, format!("{path}?last=6h"), "the range goes along");
    }
    assert_eq!(tab.value("window.same").await, true, "no page was loaded anew");
    tab.is_content().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_is_typed_and_opened() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&shop.url).await;
    tab.keys("/").await;
    tab.until("document.activeElement.id === 'search'").await;
    tab.keys(&shop.key).await;
    let hit = format!("document.querySelector('.searchbox [role=option][href*=\"/lineage/order/{}\"]')", shop.key);
    tab.until(&hit).await;
    tab.key(Key::Down).await;
    tab.until("document.querySelector('.searchbox [role=option][aria-selected=true]')").await;
    tab.key(Key::Up).await;
    tab.until("!document.querySelector('.searchbox [role=option][aria-selected=true]')").await;
    tab.key(Key::Down).await;
    tab.key(Key::Enter).await;
    tab.until(&format!("location.pathname === '/lineage/order/{}'", shop.key)).await;
    tab.until("!document.querySelector('.searchbox .drop')").await;

    // Without a choice, enter shows all that was found.
    tab.keys("/").await;
    tab.until("document.activeElement.id === 'search'").await;
    tab.keys("order-view").await;
    tab.key(Key::Enter).await;
    tab.until("location.pathname === '/lineage' && location.search.includes('q=')").await;
    tab.is_content().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_walked_and_opened() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&format!("{}/replicas", shop.url)).await;
    // Live data may add rows while keys are pressed.
    tab.keys(" ").await;
    tab.until("document.querySelector('.top button[aria-pressed=true]')").await;
    let at = "[...document.querySelectorAll('main [data-row]')].indexOf(document.activeElement)";
    tab.keys("j").await;
    tab.until(&format!("{at} === 0")).await;
    tab.keys("j").await;
    tab.until(&format!("{at} === 1")).await;
    tab.keys("k").await;
    tab.until(&format!("{at} === 0")).await;
    let leads = tab.value("document.activeElement.getAttribute('href')").await;
    tab.key(Key::Enter).await;
    tab.until(&format!("location.pathname + location.search === {leads}")).await;
    tab.is_content().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_mark_lists_the_keys_and_escape_closes() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    tab.go_live(&shop.url).await;
    tab.keys("?").await;
    tab.until("document.querySelector('#help').open").await;
    tab.key(Key::Escape).await;
    tab.until("!document.querySelector('#help').open").await;
    tab.click("#range summary").await;
    tab.until("document.querySelector('#range').open").await;
    tab.key(Key::Escape).await;
    tab.until("!document.querySelector('#range').open").await;
    tab.keys("/g").await;
    tab.until("document.querySelector('#search').value === 'g'").await;
    tab.key(Key::Escape).await;
    tab.until("document.activeElement === document.body").await;
    tab.is_content().await;
    tab.close().await;
}
