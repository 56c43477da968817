//! What every page keeps to at every size: nothing runs out of the window, dark is dark.

use super::{
    shop::shop,
    tab::{Look, Tab},
};
use crate::services::Services;

/// Elements that reach beyond the window without being inside of something that scrolls or cuts.
const BEYOND: &str = "(() => {
    const cut = it => it && it !== document.documentElement
        && (getComputedStyle(it).overflowX !== 'visible' || cut(it.parentElement));
    return [...document.querySelectorAll('body *')]
        .filter(it => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth + 1 && !cut(it.parentElement))
        .map(it => it.outerHTML.slice(0, 160)).slice(0, 5);
})()";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_the_window() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    for width in [900, 1440] {
        let tab = Tab::open(browser, Look { width, ..Look::default() }).await;
        for page in &shop.pages {
            tab.go_live(&format!("{}{page}", shop.url)).await;
            let wide = tab.value("document.documentElement.scrollWidth - innerWidth").await;
            let beyond = tab.value(BEYOND).await;
            assert!(wide.as_i64() <= Some(0) && beyond == serde_json::json!([]), "{page} at {width}: {wide}, {beyond}");
        }
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dark_follows_the_system_until_the_reader_chooses() {
    const LIGHTNESS: &str = "(() => {
        const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g).map(Number);
        return (r + g + b) / 3;
    })()";
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look { dark: true, ..Look::default() }).await;
    tab.go_live(&shop.url).await;
    tab.until(&format!("{LIGHTNESS} < 60")).await;
    tab.click(".top button[aria-label^=Switch]").await;
    tab.until(&format!("{LIGHTNESS} > 200")).await;
    tab.go_live(&format!("{}/sagas", shop.url)).await;
    assert!(tab.value(LIGHTNESS).await.as_f64() > Some(200.0), "the choice is kept");
    tab.is_content().await;
    tab.close().await;
}
