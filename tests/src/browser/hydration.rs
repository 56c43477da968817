//! Every page is taken over by its scripts: no panic, no mismatch with what the server sent, no error in the console.

use super::{
    shop::shop,
    tab::{Look, Tab},
};
use crate::services::Services;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_taken_over_and_the_console_stays_empty() {
    let Some(browser) = Services::dashboard().await else { return };
    let shop = shop().await;
    let tab = Tab::open(browser, Look::default()).await;
    for page in &shop.pages {
        tab.go_live(&format!("{}{page}", shop.url)).await;
        // The stream has been heard: effects ran, and the page was drawn again with what came.
        tab.until("document.querySelector('.top button[aria-pressed=false]')").await;
        assert_eq!(tab.value("document.querySelectorAll('main .failed').length").await, 0, "{page}");
        tab.is_content().await;
    }
    tab.close().await;
}
