//! Every page is taken over by its scripts: no panic, no mismatch with what the server sent, no error in the console.

use super::{
    pair,
    shop::shop,
    tab::{Look, Tab},
};
use crate::{product::Product, services::Services};

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

/// The server writes the title into the document, the scripts set it: it is escaped in the one and never in the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_title_reads_the_same_before_and_after() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "a&b <c>", "paid", "paid").await;
    let lineage = format!("{}/lineage/order/a%26b%20%3Cc%3E", product.url);
    for scripts in [false, true] {
        let tab = Tab::open(browser, Look { scripts, ..Look::default() }).await;
        if scripts {
            tab.go_live(&lineage).await;
        } else {
            tab.go(&lineage).await;
        }
        assert_eq!(tab.value("document.title").await, "order a&b <c> – Plumbline", "scripts: {scripts}");
        tab.close().await;
    }
    product.stop();
}
